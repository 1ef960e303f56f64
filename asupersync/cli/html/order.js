// Which conflicting accesses are ordered by more than this schedule: a wake, a
// spawn, a lock or a channel between them. Vector clocks, as race detectors
// have them (Flanagan and Freund, FastTrack, PLDI 2009, section 2).

// Clocks are as long as there are tasks; with more, no conflict is said to be
// ordered.
const ORDER_TASKS_MAX = 256;

class Clocks {
  constructor(model) {
    this.numbers = new Map([...model.tasks.keys()].map((task, i) => [task, i]));
    const size = this.numbers.size;
    this.of = [...model.tasks.keys()].map((task, i) => {
      const clock = new Uint32Array(size);
      clock[i] = 1;
      return clock;
    });
    this.objects = new Map();
  }
  own(task) {
    const i = this.numbers.get(task);
    return this.of[i][i];
  }
  // Whether what `task` did at its time `own` comes before where `later` is.
  isBefore(task, own, later) {
    return this.of[this.numbers.get(later)][this.numbers.get(task)] >= own;
  }
  raise(clock, other) {
    for (let i = 0; i < clock.length; ++i) {
      if (other[i] > clock[i]) clock[i] = other[i];
    }
  }
  // What `from` did so far comes before what `to` does next.
  edge(from, to) {
    const i = this.numbers.get(from);
    this.raise(this.of[this.numbers.get(to)], this.of[i]);
    ++this.of[i][i];
  }
  // An access of a channel or a lock.
  pass(task, object, isWrite) {
    const i = this.numbers.get(task);
    let known = this.objects.get(object);
    if (known === undefined) {
      known = new Uint32Array(this.of.length);
      this.objects.set(object, known);
    }
    this.raise(this.of[i], known);
    if (!isWrite) return;
    this.raise(known, this.of[i]);
    ++this.of[i][i];
  }
}

// The conflicts ({object, from, to} with {event, task}, by ascending to.event)
// that are ordered. `orderers`: the objects that are channels and locks.
function orderedConflicts(model, conflicts, orderers) {
  const ordered = new Set();
  if (conflicts.length === 0 || model.tasks.size > ORDER_TASKS_MAX) {
    return ordered;
  }
  const clocks = new Clocks(model);
  const times = new Map();  // access -> its task's own time
  const number = model.schema.number;
  let next = 0;
  for (let e = 0; e < model.count; ++e) {
    const task = model.owner[e];
    if (task === NONE) continue;
    switch (model.kind[e]) {
      case number.TaskSpawned:
        if (task !== model.get(e, 'task')) {
          clocks.edge(task, model.get(e, 'task'));
        }
        break;
      case number.WakerWake:
        if (!model.between[e] && task !== model.get(e, 'task')) {
          clocks.edge(task, model.get(e, 'task'));
        }
        break;
      case number.ObjectAccessed:
        if (orderers.has(model.get(e, 'object'))) {
          clocks.pass(task, model.get(e, 'object'), model.get(e, 'mode') === 1);
          break;
        }
        for (; next < conflicts.length && conflicts[next].to.event <= e;
          ++next) {
          const {from, to} = conflicts[next];
          const own = times.get(from.event);
          if (to.event === e && own !== undefined &&
              clocks.isBefore(from.task, own, task)) {
            ordered.add(conflicts[next]);
          }
        }
        times.set(e, clocks.own(task));
        break;
    }
  }
  return ordered;
}
