// What the user looks at, and what the painter needs to know of it.

class State {
  constructor(data, models, view) {
    this.data = data;
    this.models = models;
    this.view = view;
    this.selected = {model: null, event: -1};
    // By type; all but the order that channels and locks make.
    this.shownArrows = ARROW_STYLES.map((style, i) => i !== ARROW.order);
    this.search = null;  // set by the app
    this.theme = themeOf(false);
    this.marks = this.makeMarks();
  }

  // Position on the axis right before event `index` (a number of the whole
  // trace): between it and the one before. Null if it is not in the window.
  before(model, index) {
    const e = index - model.first;
    if (e < 0 || e > model.count || model.count === 0) return null;
    return () => {
      const {view} = this;
      if (e === 0) return view.eventPx(model, 0) - 4;
      const left = view.eventPx(model, e - 1);
      if (e === model.count) return left + 6;
      return (left + view.eventPx(model, e)) / 2;
    };
  }

  makeMarks() {
    const model = this.models[0];
    const marks = [];
    const {story} = this.data;
    for (const failure of story.assertions) {
      // After the end of the run there is no event to count from.
      const index = failure.event === 0 && failure.tick > 0 ?
          model.first + model.count : failure.event;
      // "T1 'body'": recorded between this event and the one before.
      const task = Number((/^T(\d+)/.exec(failure.task) || [0, 0])[1]);
      const e = index === null ? -1 :
          Math.min(Math.max(index - model.first, 0), model.count - 1);
      marks.push({
        isBad: true, short: 'failed',
        title: 'Failed: ' + firstLine(failure.message) +
            placeOf(failure.file, failure.line),
        text: failure.message + placeOf(failure.file, failure.line),
        model, event: this.eventBefore(model, index, e),
        px: index === null ? null : this.before(model, index),
        row: () => this.view.rowOfTask(model, task),
      });
    }
    for (const violation of story.violations) {
      marks.push(this.violationMark(model, violation));
    }
    for (const lane of model.stuck) {
      marks.push(this.stuckMark(model, lane));
      if (marks.length > 2000) break;
    }
    this.addDivergence(marks, story.divergence);
    this.addDifference(marks);
    return marks;
  }

  // The event that was the last when an assertion failed.
  eventBefore(model, index, e) {
    if (index === null || model.count === 0) return -1;
    return index > model.first && index <= model.first + model.count ?
        index - model.first - 1 : e;
  }

  // Oracles name the task; its last event is where it went wrong at the latest.
  violationMark(model, violation) {
    const found = /\bT(\d+)\b/.exec(violation);
    const lane = found ? model.tasks.get(Number(found[1])) : undefined;
    const events = lane === undefined ? [] : lane.events;
    const event = events.length > 0 ? events[events.length - 1] :
        model.count - 1;
    return {
      isBad: true, short: 'violation',
      title: 'Oracle: ' + firstLine(violation), text: 'Oracle: ' + violation,
      model, event, px: model.count === 0 ? null :
          this.before(model, model.first + event + 1),
      row: () => lane && this.view.rowOfTask(model, lane.task),
    };
  }

  stuckMark(model, lane) {
    const event = lane.since >= 0 ? lane.since : model.count - 1;
    const place = model.shortSite(model.site[event]);
    return {
      isBad: true, short: 'never woken',
      title: model.taskName(lane.task) + ' waits for ever' +
          (place === '' ? '' : ' at ' + place),
      text: model.taskName(lane.task) +
          ' was blocked here and never woken to the end of the run.',
      model, event, px: null, row: () => undefined,
    };
  }

  addDivergence(marks, divergence) {
    if (divergence === null) return;
    const model = this.models[0];
    const place = (site) => site === '' ? '' : ' at ' + site;
    marks.push({
      isBad: false, short: 'diverged',
      title: 'Diverged at #' + divergence.index + ' (' + divergence.category +
          ')',
      text: 'Diverged at #' + divergence.index + ' (' + divergence.category +
          ')\nexpected  ' + divergence.expected +
          place(divergence.expected_site) + '\nactual    ' +
          divergence.actual + place(divergence.actual_site) +
          (divergence.likely_cause ? '\n' + divergence.likely_cause : ''),
      model, event: Math.min(Math.max(divergence.index - model.first, 0),
                             model.count - 1),
      px: this.before(model, divergence.index), row: () => undefined,
    });
  }

  // One mark in each trace: the places need not be the same.
  addDifference(marks) {
    const difference = this.data.difference;
    if (difference === null) return;
    const {path, at, order} = difference;
    const what = path === '' ? 'Order differs' : 'First difference';
    const text = [
      path === '' ? 'Every task does the same in both, in another order' :
          'First causal difference, of ' +
              (path === 'the lab' ? path : 'task ' + path),
      ...this.models.map((model) => 'AB'[model.index] + '  ' +
          this.differenceText(model, at[model.index])),
      'The order parts at #' + order,
    ].join('\n');
    for (const model of this.models) {
      const index = at[model.index];
      const owner = this.differenceLane(model);
      // Of a trace that has no more of it: behind the last that it has.
      const event = index !== null ? index - model.first :
          owner === undefined || owner.events.length === 0 ? 0 :
              owner.events[owner.events.length - 1] + 1;
      const name = 'AB'[model.index];
      marks.push({
        isBad: false, short: 'first difference',
        title: what + ' in ' + name + ': ' +
            this.differenceText(model, index),
        text, model,
        event: Math.min(Math.max(event, 0), model.count - 1),
        px: this.before(model, model.first + event),
        row: () => undefined,
      });
    }
  }

  // The lane of `model` whose task's events differ first, if it has it.
  differenceLane(model) {
    const {at} = this.data.difference;
    const other = this.models[1 - model.index];
    const index = at[1 - model.index];
    if (index === null || index < other.first ||
        index >= other.first + other.count) return undefined;
    const task = other.owner[index - other.first];
    const pair = this.data.same.find(
        (numbers) => numbers[1 - other.index] === task);
    return pair && model.tasks.get(pair[1 - model.index]);
  }

  differenceText(model, index) {
    if (index === null) return 'has no more of it';
    const e = index - model.first;
    if (e < 0 || e >= model.count) return '#' + index + ' (not in this page)';
    const owner = model.owner[e];
    const site = model.siteText(model.site[e]);
    return '#' + index +
        (owner === NONE ? '' : ' ' + model.taskName(owner) + ':') + ' ' +
        model.eventText(e) + (site === '' ? '' : ' at ' + site);
  }

  selectedArrows(model) {
    if (this.selected.model !== model) return [];
    // More would be no picture any more.
    return (model.arrowsAt.get(this.selected.event) || []).slice(0, 200);
  }

  marksOf(model, event) {
    return this.marks.filter((m) => m.model === model && m.event === event);
  }

  matches() { return this.search === null ? [] : this.search.matches; }
}

function firstLine(text) {
  const lines = text.split('\n').map((line) => line.trim());
  // GoogleTest's first line says little without those below.
  return visible(lines.filter((line) => line !== '').join('  '))
      .slice(0, 300);
}

function placeOf(file, line) {
  if (file === '') return '';
  return '  at ' + visible(file) + (line === null ? '' : ':' + line);
}
