// The panel beside the picture: the selected event, and the list of events.

class Inspector {
  constructor(state, select) {
    this.state = state;
    this.select = select;
    this.root = byId('inspector');
    this.missing = null;  // the event of the address, if it is not here
  }

  show() {
    const {model, event} = this.state.selected;
    if (model === null) {
      const first = this.state.models[0].first;
      const note = this.missing === null ? '' :
          element('p', {class: 'bad'}, 'Event #' + this.missing +
              ' is not in this page, which has #' + first + ' to #' +
              (first + this.state.models[0].count - 1) + '.');
      return replaceChildren(this.root, note, element('p', {class: 'path'},
          'Click an event, or press \u2192. \u201c?\u201d shows all keys.'));
    }
    const kind = model.schema.kinds[model.kind[event] - 1];
    const owner = model.owner[event];
    replaceChildren(this.root,
        element('h2', {}, '#' + (model.first + event) + ' ' + kind.name),
        element('div', {class: 'path'}, taskPath(model, owner)),
        ...this.state.marksOf(model, event).map((mark) =>
            element('div', {class: 'bad'}, mark.text)),
        this.source(model, model.site[event]),
        this.table(model, event, kind),
        this.links(model, event));
  }

  source(model, site) {
    const place = model.siteText(site);
    if (place === '') return '';
    const line = model.sourceLine(site);
    return element('div', {class: 'source'}, place + '  ' +
        model.functionOf(site) + (line === '' ? '' : '\n' + line));
  }

  table(model, event, kind) {
    const row = (name, text) => element('tr', {},
        element('th', {scope: 'row'}, name), element('td', {}, text));
    const rows = kind.fields.flatMap((field, i) => field.name === 'at_tick' ?
        [] : [row(field.name, model.fieldText(field.type, event, i))]);
    const step = model.stepOf[event];
    rows.push(row('step', step < 0 ? 'before the first' :
        (model.between[event] ? 'after ' : '') +
        model.tick[model.stepFirst[step]]));
    rows.push(row('virtual time', durationText(model.time[event])));
    const about = stateText(model, event);
    if (about !== '') rows.push(row('waited', about));
    return element('table', {}, element('tbody', {}, ...rows));
  }

  // Buttons to the events that have to do with this one.
  links(model, event) {
    const to = (text, e, key) => element('button', {
      onclick: () => this.select(model, e, true), title: key,
    }, text);
    const lane = model.laneOf(event);
    const at = lowerBound(lane.events, (e) => e < event);
    const links = element('div', {class: 'links'});
    if (at > 0) {
      links.append(to('\u25c0 previous of the task', lane.events[at - 1],
                      'Shift+Left'));
    }
    if (at + 1 < lane.events.length) {
      links.append(to('next of the task \u25b6', lane.events[at + 1],
                      'Shift+Right'));
    }
    this.addTwin(model, event, links);
    const arrows = model.arrowsAt.get(event) || [];
    for (const arrow of arrows.slice(0, 12)) {
      links.append(this.arrowLink(model, event, arrow, to));
    }
    for (const [text, e] of relatedEvents(model, event)) {
      links.append(to(text + ' #' + (model.first + e), e, ''));
    }
    return links;
  }

  // The same event of the other trace.
  addTwin(model, event, links) {
    if (model.twins === null) return;
    const other = this.state.models[1 - model.index];
    const name = 'AB'[other.index];
    const index = model.twins[event];
    if (index < 0) {
      links.append(element('span', {}, 'not in ' + name));
    } else if (index < other.first || index >= other.first + other.count) {
      links.append(element('span', {}, 'in ' + name + ' #' + index));
    } else {
      links.append(element('button', {
        onclick: () => this.select(other, index - other.first, true),
        title: 'the same event of ' + name,
      }, 'in ' + name + ' \u2192 #' + index));
    }
  }

  arrowLink(model, event, arrow, to) {
    const verb = ['wakes', 'spawns', 'message for', 'end wakes', 'cancels',
      'conflicts with', 'ordered before'][arrow.type];
    if (arrow.from !== arrow.to && event === arrow.to) {
      const back = ['', '', 'message from', '', '', 'conflicts with',
        'ordered after'][arrow.type];
      return to(back + ' ' + model.taskName(arrow.fromTask) + ' #' +
          (model.first + arrow.from), arrow.from, '');
    }
    // Where the other task goes on.
    const lane = model.lane(arrow.toTask);
    const goal = arrow.from !== arrow.to ? arrow.to :
        lane.events[lowerBound(lane.events, (e) => e <= event)];
    const text = verb + ' ' + model.taskName(arrow.toTask);
    return goal === undefined ? element('span', {}, text) :
        to(text + ' \u2192 #' + (model.first + goal), goal, '');
  }
}

// "R1 > R2 workers > T3 worker 2, spawned by T1 body".
function taskPath(model, task) {
  if (task === NONE) return 'between steps';
  const lane = model.lane(task);
  const regions = [];
  const seen = new Set();
  for (let number = lane.region; number !== 0 && !seen.has(number);) {
    seen.add(number);
    regions.unshift('region ' + model.regionName(number));
    number = model.region(number).parent;
    if (regions.length > 8) {
      regions[0] = '\u2026';
      break;
    }
  }
  return [...regions, model.taskName(task)].join(' \u203a ') +
      (lane.parent === NONE ? '' : ', spawned by ' +
          model.taskName(lane.parent));
}

// Of a step's first event: how long the task had been off.
function stateText(model, event) {
  if (!model.isKind(event, 'TaskScheduled')) return '';
  const lane = model.laneOf(event);
  const list = lane.segments;
  let low = 0;
  let high = list.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[3 * middle + 2] < event) low = middle + 1;
    else high = middle;
  }
  if (low === list.length / 3 || list[3 * low + 2] !== event) return '';
  let steps = '';
  for (let i = low; i >= 0 && i > low - 2; --i) {
    const from = list[3 * i + 1];
    const to = list[3 * i + 2];
    if (from < 0) break;
    if (i < low && list[3 * low + 1] !== to) break;
    const time = model.time[to] - model.time[from];
    const count = model.stepOf[to] - model.stepOf[from] - 1;
    steps = (list[3 * i] === STATE.waiting ? 'blocked ' : 'ready ') +
        Math.max(count, 0) + (count === 1 ? ' step' : ' steps') +
        (time > 0 ? ', ' + durationText(time) : '') +
        (steps === '' ? '' : '; ' + steps);
  }
  return steps;
}

// Other events with the same obligation, timer or object, near this one.
function relatedEvents(model, event) {
  const groups = [
    ['ObligationReserved', 'ObligationCommitted', 'ObligationAborted'],
    ['TimerCreated', 'TimerFired', 'TimerCancelled']];
  const name = model.schema.kinds[model.kind[event] - 1].name;
  const group = groups.find((kinds) => kinds.includes(name));
  if (group === undefined) return [];
  const field = name.startsWith('Timer') ? 'timer_id' : 'obligation';
  const numbers = group.map((kind) => model.schema.number[kind]);
  const key = model.get(event, field);
  const found = [];
  const look = (from, to, step) => {
    for (let e = from, n = 0; e !== to && n < 50000; e += step, ++n) {
      if (numbers.includes(model.kind[e]) && model.get(e, field) === key) {
        found.push([group[numbers.indexOf(model.kind[e])], e]);
        return;
      }
    }
  };
  look(event - 1, -1, -1);
  look(event + 1, model.count, 1);
  return found;
}
