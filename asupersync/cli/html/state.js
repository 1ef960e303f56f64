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
    this.differenceAt = data.difference;
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

  addDifference(marks) {
    const index = this.data.difference;
    if (index === null) return;
    const lines = this.models.map((model) => {
      const e = index - model.first;
      const name = 'AB'[model.index] + '  ';
      if (e < 0) return name + '(not in this page)';
      if (e >= model.count) return name + 'has ended';
      const site = model.siteText(model.site[e]);
      return name + model.eventText(e) + (site === '' ? '' : ' at ' + site);
    });
    const model = this.models.find((m) => index - m.first < m.count) ||
        this.models[0];
    marks.push({
      isBad: false, short: 'first difference',
      title: 'First difference: #' + index,
      text: 'First difference: #' + index + '\n' + lines.join('\n'),
      model, event: Math.min(Math.max(index - model.first, 0),
                             model.count - 1),
      px: this.before(model, index), row: () => undefined,
    });
  }

  // Of the first difference between two traces; null: there is none here.
  differencePx() {
    if (this.differenceAt === null) return null;
    for (const model of this.models) {
      const px = this.before(model, this.differenceAt);
      if (px !== null) return px();
    }
    return null;
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
