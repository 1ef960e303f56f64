// The head of the page: which test, how it ended, how to run it again.

function showHeader(data, models, state, select) {
  const model = models[0];
  const {metadata, summary} = model.trace;
  const {story} = data;
  byId('test').textContent = visible(metadata.test || model.trace.file);
  showVerdict(story, model);
  const facts = [];
  const fact = (name, value, isCode) => {
    if (value !== '') facts.push([name, value, isCode]);
  };
  fact('seed', metadata.seed, true);
  fact('certificate', summary ? summary.certificate : story.certificate, true);
  fact('fingerprint', summary ? summary.fingerprint : story.fingerprint, true);
  const count = (n, what) => n + ' ' + what + (n === 1 ? '' : 's');
  fact('', [count(model.trace.total, 'event'),
    count(summary ? summary.steps : model.stepTask.length, 'step'),
    count(model.tasks.size, 'task')].join(', '), false);
  const last = model.instants[model.instants.length - 1].time;
  fact('virtual time', last > 0 ? durationText(last) : 'did not advance',
       false);
  fact('faults', story.chaos === 'off' ? '' : visible(story.chaos), false);
  replaceChildren(byId('facts'), ...facts.map(([name, value, isCode]) =>
      element('span', {}, name === '' ? '' : name + ' ',
              element('b', {class: isCode ? 'mono' : ''}, value))));
  const reason = byId('reason');
  // An assertion that is shown below says the same, and where.
  reason.hidden = story.reason === '' || story.assertions.length > 0;
  reason.textContent = visible(story.reason);
  showMarks(state, select);
  replaceChildren(byId('commands'), ...story.commands.map(commandLine));
  replaceChildren(byId('notes'), ...notesOf(data, models).map((note) =>
      element('li', {}, note)));
}

function showVerdict(story, model) {
  const verdict = byId('verdict');
  const parts = [];
  if (story.passed !== null) parts.push(story.passed ? 'passed' : 'failed');
  else if (story.status !== '') parts.push(story.status);
  if (story.verdict !== '' && story.verdict !== 'quiescent') {
    parts.push(visible(story.verdict));
  } else if (story.verdict === '' && model.stuck.length > 0) {
    parts.push('tasks wait for ever');
  }
  const isBad = story.passed === false || model.stuck.length > 0 ||
      story.violations.length > 0;
  verdict.hidden = parts.length === 0;
  verdict.textContent = (isBad ? '\u2717 ' : '\u2713 ') + parts.join(' \u00b7 ');
  verdict.classList.add(isBad ? 'bad' : 'good');
}

function showMarks(state, select) {
  const shown = state.marks.slice(0, 40);
  const items = shown.map((mark) => element('li', {}, element('button', {
    title: mark.text,
    onclick: () => {
      if (mark.model.count > 0) select(mark.model, Math.max(mark.event, 0), true);
    },
  }, (mark.isBad ? '\u2717 ' : '\u2260 ') + mark.title)));
  if (state.marks.length > shown.length) {
    items.push(element('li', {}, 'and ' + (state.marks.length - shown.length) +
        ' more'));
  }
  replaceChildren(byId('marks'), ...items);
}

function commandLine(command) {
  const code = element('code', {}, command);
  const button = element('button', {title: 'Copy'}, 'Copy');
  button.addEventListener('click', () => {
    // file: pages have no clipboard to write to; then the text is selected.
    const done = () => { button.textContent = 'Copied'; };
    const mark = () => window.getSelection().selectAllChildren(code);
    if (!navigator.clipboard) return mark();
    navigator.clipboard.writeText(command).then(done, mark);
  });
  return element('li', {}, button, code);
}

function notesOf(data, models) {
  const notes = data.notes.map(visible);
  for (const model of models) {
    const {trace} = model;
    const name = models.length > 1 ? 'AB'[model.index] + ': ' : '';
    if (model.count < trace.total) {
      notes.push(name + 'shows events #' + model.first + ' to #' +
          (model.first + model.count - 1) + ' of ' + trace.total +
          '; for others run trace html with --from and --to');
    }
    if (trace.start.left_out > 0) {
      notes.push(name + trace.start.left_out + ' tasks that lived before are ' +
          'left out where no event is about them');
    }
    if (trace.damage !== '') notes.push(name + visible(trace.damage));
    else if (trace.recovered !== '') notes.push(name + visible(trace.recovered));
    if (!trace.metadata.wakers) {
      notes.push(name + 'wakes were not recorded: arrows are missing, and a ' +
          'wait lasts until the next step');
    }
  }
  const [a, b] = data.traces.map((trace) => trace.metadata.accesses);
  if (models.length > 1 && a !== b) {
    notes.push('Only ' + (a ? 'A' : 'B') + ' has accesses to shared objects: ' +
        'they are not compared.');
  }
  if (models.length > 1 && data.difference === null) {
    notes.push('The two traces have the same events.');
  }
  return notes;
}
