"""Commands for gdb that know the tasks of a lab test.

  gdb -x tools/gdb/asupersync.py --args BINARY --gtest_filter=... \
      --lab_seed=0x2a --lab_break_at=tick:17
  (gdb) run
  (gdb) lab step

  lab tasks   every task of the runtime: its number, name and state, the source
              line where its coroutine is suspended, what it waits for
  lab where   the step, the time, the task with the line where it goes on, and
              its coroutines, innermost first, with the lines where they begin
  lab step    goes on into the user's coroutine that this step resumes, to the
              line where it goes on, with its locals
  lab back N  runs the program again, to the step that is N before this one

They need a build with debug information (bazel -c dbg). They call nothing of
the program. What a task waits for the program itself has said where it stopped
for --lab_break_at=tick:N, of the first 50 tasks; elsewhere `lab tasks` names
the class of the operation.

Determinism: the program's; these commands only look, but for `lab step` and
`lab back`, which run it.
"""

import contextlib
import os
import re

import gdb

LIBRARY = re.compile(r'(^|/)(asupersync/[^/]+|testing)/[^/]+$')
STATES = {0: 'ready', 1: 'running', 2: 'blocked', 3: 'done'}
INSTRUCTIONS_MAX = 2000  # from a coroutine's entry to where it goes on


def fail(text):
  raise gdb.GdbError(text)


def at(address, type_name):
  """The object there. As an array's element: gdb looks for the derived class
  of what a pointer points to, and warns of those that lambdas are part of."""
  array = gdb.lookup_type(type_name).array(0).pointer()
  return gdb.Value(int(address)).cast(array).dereference()[0]


def smart(value, type_name):
  """What a std::unique_ptr or std::shared_ptr points to; None if nothing."""
  address = value.address.cast(
      gdb.lookup_type('unsigned long').pointer()).dereference()
  if int(address) == 0:
    return None
  return at(address, type_name)


def text_of(string):
  """A std::string's bytes."""
  length = int(string['_M_string_length'])
  return string['_M_dataplus']['_M_p'].string('utf-8', 'replace', length)


def site_text(location):
  """A std::source_location as file:line."""
  data = location['_M_impl']
  if int(data) == 0:
    return 'an unknown place'
  return '%s:%d' % (data['_M_file_name'].string(), int(data['_M_line']))


def elements(intrusive_list, type_name):
  """The elements of an IntrusiveList, in its order."""
  offset = None
  node_name = str(intrusive_list['root_'].type.strip_typedefs())
  for field in gdb.lookup_type(type_name).fields():
    if field.is_base_class and str(field.type.strip_typedefs()) == node_name:
      offset = field.bitpos // 8
  if offset is None:
    fail('%s has no base %s' % (type_name, node_name))
  root = intrusive_list['root_'].address
  node = intrusive_list['root_']['next_']
  while int(node) != int(root):
    yield at(int(node) - offset, type_name)
    node = node['next_']


def frames():
  if gdb.selected_thread() is None:
    return  # nothing runs
  frame = gdb.newest_frame()
  while frame is not None:
    yield frame
    frame = frame.older()


def run_step_frame():
  """The frame that runs a step; None outside any."""
  for frame in frames():
    if (frame.name() or '').startswith('asupersync::LabRuntime::RunStep'):
      return frame
  return None


def runtime():
  """The LabRuntime whose step runs, or whose function is on the stack."""
  try:
    context = gdb.parse_and_eval('asupersync::execution_context')
    if int(context['runtime']) != 0:
      return at(context['runtime'], 'asupersync::LabRuntime')
  except gdb.error:
    pass  # no thread-local variables, as in some core files
  try:
    for frame in frames():
      if (frame.name() or '').startswith('asupersync::LabRuntime::'):
        return at(frame.read_var('this'), 'asupersync::LabRuntime')
  except (gdb.error, ValueError):
    pass
  fail('no lab runtime runs here; stop in a step (--lab_break_at), in a build '
       'with debug information (bazel -c dbg)')


def step_number():
  return int(runtime()['steps_']['_M_i'])


def current_task():
  """The task of this step, also before it is resumed."""
  frame = run_step_frame()
  if frame is None:
    fail('no step runs here; stop in one (--lab_break_at=tick:N)')
  try:
    task = frame.read_var('task')
  except ValueError:
    fail('this build does not tell its variables; build with -c dbg')
  return at(task.address, 'asupersync::TaskNode')


def task_name(task):
  name = 'T%d' % int(task['compact'])
  extras = smart(task['extras'], 'asupersync::TaskExtras')
  if extras is None:
    return name
  given = smart(extras['name'], 'std::string')
  return name if given is None else "%s '%s'" % (name, text_of(given))


def regions(region):
  yield region
  for child in elements(region['children'], 'asupersync::RegionNode'):
    yield from regions(child)


def all_tasks():
  found = []
  for region in regions(runtime()['root_region_']):
    found.extend(elements(region['tasks'], 'asupersync::TaskNode'))
  return sorted(found, key=lambda task: int(task['compact']))


def operation_class(operation):
  """The class of an operation: that of its table of virtual functions."""
  words = gdb.lookup_type('unsigned long').pointer()
  table = int(gdb.Value(int(operation)).cast(words).dereference())
  symbol = gdb.execute('info symbol 0x%x' % table, to_string=True)
  found = re.match(r'vtable for (.*?) \+ \d+', symbol)
  return found.group(1) if found else 'an unknown operation'


def told_waits():
  """What the program has said of this step: number -> what the task waits for.
  Empty if it is another step than that where it stopped."""
  try:
    waits = gdb.parse_and_eval('asupersync::lab_break::waits')
  except gdb.error:
    return {}
  if int(waits['step']) == 0 or int(waits['step']) != step_number():
    return {}
  found = re.findall(r'^  T(\d+)\b.*? waits to (.*) at [^ ]+:\d+'
                     r'(?: in region .*| \(cancel requested: .*)?$',
                     text_of(waits['text']), re.MULTILINE)
  return {int(number): what for number, what in found}


def describe(task, waits):
  state = STATES[int(task['state'])]
  line = '%s %s' % (task_name(task), state)
  operation = task['operation']
  if not bool(task['started']):
    return '%s, not started, spawned at %s' % (line,
                                               site_text(task['spawned_at']))
  if int(operation) == 0:
    return line
  line += ' at ' + site_text(at(operation, 'asupersync::Operation')['site_'])
  if state == 'blocked':
    wait = waits.get(int(task['compact']))
    line += (', waits in ' + operation_class(operation) if wait is None else
             ', waits to ' + wait)
  return line


class Coroutine:
  """A suspended frame of a task's call chain."""

  def __init__(self, promise):
    # What a coroutine handle points to stands before the promise: the function
    # that resumes it and the one that destroys it.
    self.frame = int(promise) - 16
    words = gdb.lookup_type('unsigned long').pointer()
    self.resume = int(gdb.Value(self.frame).cast(words).dereference())
    where = gdb.find_pc_line(self.resume)
    self.file = where.symtab.filename if where.symtab else ''
    self.line = where.line
    block = gdb.block_for_pc(self.resume)
    while block is not None and block.function is None:
      block = block.superblock
    self.name = block.function.name if block else '?'

  def is_users(self):
    return bool(self.file) and not LIBRARY.search(self.file)

  def __str__(self):
    name = re.split(r'\((?!anonymous)', self.name)[0]
    return '%s, which begins at %s:%d' % (name, self.file or '?', self.line)


def coroutines(task):
  """The task's frames, innermost first."""
  promise = task['chain']['leaf_']
  while int(promise) != 0:
    yield Coroutine(promise)
    promise = promise['caller']


@contextlib.contextmanager
def quietly():
  """Shows nothing meanwhile: gdb prints the line where each step ends, whatever
  to_string and a redirected log say. The program has a descriptor of its own.
  """
  gdb.flush()
  kept = os.dup(1)
  with open(os.devnull, 'w') as nowhere:
    os.dup2(nowhere.fileno(), 1)
  try:
    yield
    gdb.flush()
  finally:
    os.dup2(kept, 1)
    os.close(kept)


def body_begins(pc):
  """Where the body's instructions begin in the function that resumes a
  coroutine, behind those that choose where it goes on, which stand on the
  function's first line and its last; None if there are no other lines."""
  where = gdb.find_pc_line(pc)
  block = gdb.block_for_pc(pc)
  while block is not None and block.function is None:
    block = block.superblock
  if where.symtab is None or block is None:
    return None
  lines = [(entry.pc, entry.line) for entry in where.symtab.linetable()
           if block.start <= entry.pc < block.end]
  around = {where.line, max((line for _, line in lines), default=where.line)}
  return min((at for at, line in lines if line not in around), default=None)


class LabCommand(gdb.Command):
  """Commands for lab tests: lab tasks, lab where, lab step, lab back N."""

  def __init__(self):
    super().__init__('lab', gdb.COMMAND_USER, prefix=True)


class LabTasks(gdb.Command):
  """Every task of the lab runtime: number, name, state, line, wait."""

  def __init__(self):
    super().__init__('lab tasks', gdb.COMMAND_STATUS)

  def invoke(self, argument, from_tty):
    waits = told_waits()
    for task in all_tasks():
      print(describe(task, waits))


class LabWhere(gdb.Command):
  """The step, the time, the task and its coroutines, innermost first."""

  def __init__(self):
    super().__init__('lab where', gdb.COMMAND_STATUS)

  def invoke(self, argument, from_tty):
    lab = runtime()
    task = current_task()
    print('step %d, %d ns, %s' %
          (step_number(), int(lab['now_ns_']), describe(task, {})))
    for coroutine in coroutines(task):
      print('  in %s' % coroutine)


class LabStep(gdb.Command):
  """Goes on into the user's coroutine that this step resumes."""

  def __init__(self):
    super().__init__('lab step', gdb.COMMAND_RUNNING)

  def invoke(self, argument, from_tty):
    task = current_task()
    step_end = gdb.FinishBreakpoint(run_step_frame(), internal=True)
    step_end.silent = True
    try:
      if int(task['chain']['leaf_']) == 0:
        # The first step makes the first frame.
        self.go('asupersync::CallChain::Resume')
        # Reading a bit-field has read the whole node, as it was before.
        task = current_task()
      coroutine = self.enter([c for c in coroutines(task) if c.is_users()])
      if coroutine is None:
        print('step %d ends without a coroutine of the program: its operation '
              'waits on, or it is of the library alone' % step_number())
        return
      with quietly():
        self.leave_entry(coroutine)
    finally:
      if step_end.is_valid():
        step_end.delete()
    gdb.execute('frame')

  def enter(self, coroutines_of_user):
    """Continues to the entry of the first of these, or of a coroutine of the
    program that the library calls meanwhile; None: the step has ended before.
    """
    call = 'asupersync::CallChain::Call'
    known = {'*0x%x' % c.resume: c for c in coroutines_of_user}
    place = self.go(call, *known)
    while place == call:
      callee = self.callee()
      if callee is not None and callee.is_users():
        known['*0x%x' % callee.resume] = callee
      place = self.go(call, *known)
    return known.get(place)

  def callee(self):
    """What CallChain::Call(), at whose entry this is, will run; None at its
    entry in a shared library's procedure linkage table, which comes before."""
    try:
      return Coroutine(gdb.newest_frame().read_var('callee').address)
    except ValueError:
      return None

  def go(self, *places):
    """Continues to one of the places and returns it; None: the step has ended
    before."""
    stops = [gdb.Breakpoint(place, internal=True) for place in places]
    for stop in stops:
      stop.silent = True
    gdb.execute('continue', to_string=True)
    hit = [p for p, stop in zip(places, stops) if stop.hit_count > 0]
    for stop in stops:
      stop.delete()
    return hit[0] if hit else None

  def leave_entry(self, coroutine):
    """From the entry to where it goes on: by instructions, because g++ marks no
    line as begun where a co_await goes on, and `next` would pass it."""
    frame = gdb.newest_frame()
    body = body_begins(frame.pc())
    for _ in range(INSTRUCTIONS_MAX):
      gdb.execute('nexti')
      if gdb.newest_frame() != frame:
        return  # it has suspended again, or a breakpoint of the user's is hit
      if body is not None and frame.pc() >= body:
        return
      # All in a line: as soon as it has its variables.
      if body is None and int(frame.read_var('frame_ptr')) == coroutine.frame:
        return


class LabBack(gdb.Command):
  """Runs the program again, to the step that is N (or 1) before this one."""

  def __init__(self):
    super().__init__('lab back', gdb.COMMAND_RUNNING)

  def invoke(self, argument, from_tty):
    count = argument.strip() or '1'
    if not count.isdigit() or int(count) == 0:
      fail("'lab back' takes a number of steps, 1 or more")
    step = step_number() - int(count)
    if step < 1:
      fail('this is step %d; there is none %s before it' %
           (step_number(), count))
    # gdb.parameter('args') is empty in some versions.
    shown = gdb.execute('show args', to_string=True)
    given = shown[shown.index('"') + 1:shown.rindex('"')]
    rest = re.sub(r'(^|\s)--lab_break_at=\S+', '', given).strip()
    gdb.execute('set args --lab_break_at=tick:%d %s' % (step, rest))
    confirm = gdb.parameter('confirm')
    gdb.execute('set confirm off')
    try:
      gdb.execute('run')
    finally:
      gdb.execute('set confirm %s' % ('on' if confirm else 'off'))


# Where `bazel run` was started: source files have their names from there.
workspace = os.environ.get('BUILD_WORKSPACE_DIRECTORY')
if workspace:
  gdb.execute('directory ' + workspace)

LabCommand()
LabTasks()
LabWhere()
LabStep()
LabBack()
