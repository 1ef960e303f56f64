// Puts the parts together: drawing on demand, selection, pointer and keys.

const KEYS = [
  ['\u2190  \u2192', 'previous, next event'],
  ['Shift+\u2190  \u2192', 'previous, next event of the task'],
  ['\u2191  \u2193', 'lane above, below'],
  ['Home  End', 'first, last event'],
  ['+  \u2212  f', 'zoom in, out, show everything'],
  ['a  d', 'move left, right'],
  ['Wheel, drag', 'zoom, move (Shift+wheel moves)'],
  ['e', 'next failed check or difference'],
  ['c', 'selected event to the middle'],
  ['t', 'steps or virtual time'],
  ['/  n  N', 'search; next, previous match'],
  ['Esc', 'close this; select nothing'],
];

class App {
  constructor(data) {
    const schema = readSchema(data);
    const accessesCompared =
        data.traces.every((trace) => trace.metadata.accesses);
    this.models = data.traces.map(
        (trace, i) => new Model(trace, schema, i, accessesCompared));
    colorTasks(this.models, data.same);
    this.view = new View(this.models);
    this.state = new State(data, this.models, this.view);
    const select = (model, event, reveal) =>
        this.select(model, event, reveal);
    this.painter = new Painter(byId('canvas'), this.view, this.state);
    this.overview = new Overview(byId('overview'), this.view, this.state,
                                 () => this.redraw());
    this.inspector = new Inspector(this.state, select);
    this.list = new EventList(this.state, select);
    this.search = new Search(this.models, () => this.searched());
    this.state.search = this.search;
    this.pending = false;
    this.markAt = -1;
    showHeader(data, this.models, this.state, select);
    this.showArrowBoxes();
    this.listen();
    this.setTheme();
    this.resize();
    this.view.fit();
    this.followAddress();
    this.changed(true);
  }

  redraw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => this.paint());
  }
  paint() {
    this.pending = false;
    this.painter.paint();
    this.overview.paint();
    const hidden = this.painter.counters.arrowsHidden;
    const hint = byId('hint');
    hint.hidden = hidden === 0;
    hint.textContent = 'zoom in to see arrows';
  }

  setTheme() {
    this.state.theme =
        themeOf(matchMedia('(prefers-color-scheme: dark)').matches);
    this.overview.isStale = true;
    showLegend(this.models, this.view, this.painter, this.state);
    this.redraw();
  }

  resize() {
    const {view} = this;
    const stage = byId('stage');
    const wasAll = view.width === 0;
    const ratio = window.devicePixelRatio || 1;
    const canvas = byId('canvas');
    const width = stage.clientWidth;
    view.height = stage.clientHeight;
    view.labels = this.labelsWidth(width);
    view.width = Math.max(width - view.labels, 50);
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(view.height * ratio));
    this.overview.resize(width, byId('overview').clientHeight);
    view.placeHeights();
    if (wasAll) view.fit();
    view.clamp();
    this.redraw();
  }

  // As wide as the names in the first rows need.
  labelsWidth(width) {
    const {c} = this.painter;
    c.font = 'bold 12px system-ui, sans-serif';
    let most = LABELS_MIN;
    for (const row of this.view.rows.slice(0, 300)) {
      const text = row.type === 'task' ?
          'T' + row.lane.task + '  ' + row.lane.name + '  \u26a0' :
          row.type === 'region' ?
          'region ' + row.model.regionName(row.region.number) : '';
      most = Math.max(most, c.measureText(text.slice(0, 60)).width +
          Math.min(row.depth, 10) * 12 + 40);
    }
    return Math.round(Math.min(most, LABELS_MAX, width * 0.35));
  }

  // Selection ---------------------------------------------------------------

  select(model, event, reveal) {
    const {state} = this;
    if (model !== null && model.count === 0) model = null;
    state.selected = model === null ? {model: null, event: -1} :
        {model, event: Math.min(Math.max(event, 0), model.count - 1)};
    if (model !== null && reveal) this.view.reveal(model, event, false);
    this.writeAddress();
    this.changed(true);
  }

  changed(reveal) {
    this.inspector.show();
    this.list.refresh(reveal);
    this.showMatches();
    const {model, event} = this.state.selected;
    byId('spoken').textContent = model === null ? '' :
        'Event ' + (model.first + event) + ': ' + model.eventText(event);
    this.redraw();
  }

  // "#event=12"; of the other trace "#b.event=12".
  followAddress() {
    const found = /^#(b\.)?event=(\d+)$/.exec(location.hash);
    if (found === null) return;
    const model = this.models[found[1] ? 1 : 0];
    if (model === undefined) return;
    const event = Number(found[2]) - model.first;
    if (event < 0 || event >= model.count) {
      this.inspector.missing = Number(found[2]);
      return this.select(null, -1, false);
    }
    this.state.selected = {model, event};
    this.view.reveal(model, event, false);
    this.changed(true);
  }
  writeAddress() {
    const {model, event} = this.state.selected;
    if (model !== null) this.inspector.missing = null;
    const hash = model === null ? '' :
        (model.index === 1 ? '#b.event=' : '#event=') + (model.first + event);
    if (location.hash === hash) return;
    history.replaceState(null, '', hash === '' ?
        location.pathname + location.search : hash);
  }

  // The model that keys act on, and its selected event (-1: none yet).
  current() {
    const {model, event} = this.state.selected;
    return model === null ? {model: this.models[0], event: -1} :
        {model, event};
  }

  move(direction) {
    const {model, event} = this.current();
    this.select(model, Math.max(event + direction, 0), true);
  }
  moveInTask(direction) {
    const {model, event} = this.current();
    if (event < 0) return this.move(direction);
    const {events} = model.laneOf(event);
    const i = lowerBound(events, (e) => e < event) + direction;
    if (i >= 0 && i < events.length) this.select(model, events[i], true);
  }
  moveLane(direction) {
    const {model, event} = this.current();
    if (event < 0) return this.move(1);
    const {rows} = this.view;
    const row = this.view.rowOfLane(model, model.laneOf(event));
    let i = rows.indexOf(row) + direction;
    while (i >= 0 && i < rows.length &&
           !(rows[i].lane && rows[i].lane.events.length > 0)) i += direction;
    if (i < 0 || i >= rows.length) return;
    const {events} = rows[i].lane;
    const at = lowerBound(events, (e) => e < event);
    const other = events[at] === undefined ? events[at - 1] : events[at];
    this.select(rows[i].model, other, true);
  }
  nextMark() {
    const {marks} = this.state;
    if (marks.length === 0) return;
    this.markAt = (this.markAt + 1) % marks.length;
    const mark = marks[this.markAt];
    this.select(mark.model, Math.max(mark.event, 0), true);
  }

  // Search ------------------------------------------------------------------

  searched() {
    if (this.list.filter.value === 'match') this.list.refresh(false);
    this.showMatches();
    this.redraw();
  }
  showMatches() {
    const {search} = this;
    const count = search.count();
    const rank = search.rank(this.state.selected);
    byId('matches').textContent = search.query === '' ? '' :
        (rank > 0 ? rank + ' of ' : '') + count + (search.isDone ? '' : '\u2026');
    byId('next').disabled = byId('previous').disabled = count === 0;
  }
  nextMatch(direction) {
    const found = this.search.next(this.state.selected, direction);
    if (found !== null) this.select(found.model, found.event, true);
  }

  // What is under a point of the canvas -------------------------------------

  // {row, model, event} of the nearest event of the lane there, or null.
  hit(x, y) {
    const {view} = this;
    const row = view.rowAt(y);
    if (row === undefined || !row.lane || x < view.labels) return null;
    const {model, lane} = row;
    const px = x - view.labels;
    const {events} = lane;
    if (events.length === 0) return null;
    const at = (e) => this.painter.signPx(model, e);
    const right = lowerBound(events, (e) => view.eventPx(model, e) < px);
    let best = null;
    for (let i = right - 12; i < right + 12; ++i) {
      if (i < 0 || i >= events.length) continue;
      const distance = Math.abs(at(events[i]) - px);
      const isSign = model.sign[events[i]] === 1;
      // A sign is what one aims at.
      const cost = distance - (isSign && distance < 6 ? 6 : 0);
      if (best === null || cost < best.cost) {
        best = {cost, distance, event: events[i]};
      }
    }
    return this.withinStep(row, px, best) || this.inWait(row, px) ||
        (best.distance < 12 ? {row, model, event: best.event} : null);
  }

  // The step under the point: its nearest event.
  withinStep(row, px, best) {
    const {view} = this;
    const {model, lane} = row;
    const i = view.stepAt(model, lane, px - 1, 0);
    if (i >= lane.steps.length) return null;
    const step = lane.steps[i];
    const [from, to] = view.stepPx(model, step);
    if (px < from - 2 || px > to + 2) return null;
    const isInStep = model.stepOf[best.event] === step;
    return {row, model, event: isInStep && best.cost < 8 ? best.event :
        model.stepFirst[step]};
  }

  // A wait under the point stands for the event that began it.
  inWait(row, px) {
    const {model, lane} = row;
    const i = 3 * this.painter.segmentAt(model, lane.segments, px);
    if (i >= lane.segments.length || lane.segments[i + 1] < 0) return null;
    if (this.view.eventPx(model, lane.segments[i + 1]) > px) return null;
    return {row, model, event: lane.segments[i + 1],
      state: lane.segments[i]};
  }

  // Pointer and keys --------------------------------------------------------

  listen() {
    const canvas = byId('canvas');
    this.drag = null;
    canvas.addEventListener('pointerdown', (event) => this.press(event));
    canvas.addEventListener('pointermove', (event) => this.hover(event));
    canvas.addEventListener('pointerup', (event) => this.release(event));
    canvas.addEventListener('pointercancel', () => { this.drag = null; });
    canvas.addEventListener('pointerleave', () => {
      byId('tip').hidden = true;
    });
    canvas.addEventListener('wheel', (event) => this.wheel(event),
                            {passive: false});
    document.addEventListener('keydown', (event) => this.key(event));
    window.addEventListener('hashchange', () => this.followAddress());
    matchMedia('(prefers-color-scheme: dark)').addEventListener(
        'change', () => this.setTheme());
    new ResizeObserver(() => this.resize()).observe(byId('stage'));
    this.listenToolbar();
  }

  listenToolbar() {
    const click = (id, action) => byId(id).addEventListener('click', action);
    click('axis-steps', () => this.setAxis('steps'));
    click('axis-time', () => this.setAxis('time'));
    click('zoom-in', () => this.zoom(1.5));
    click('zoom-out', () => this.zoom(1 / 1.5));
    click('fit', () => this.fit());
    click('next', () => this.nextMatch(1));
    click('previous', () => this.nextMatch(-1));
    click('help', () => this.toggleKeys());
    const time = byId('axis-time');
    time.disabled = !this.view.hasTime();
    if (time.disabled) time.title = 'Virtual time did not advance';
    const query = byId('query');
    query.addEventListener('input', () => this.search.start(query.value));
    query.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.nextMatch(event.shiftKey ? -1 : 1);
      if (event.key === 'Escape') byId('canvas').focus();
    });
    replaceChildren(byId('keys'), element('dl', {}, ...KEYS.flatMap(
        ([key, what]) => [element('dt', {}, key), element('dd', {}, what)])));
  }

  showArrowBoxes() {
    const types = new Set(
        this.models.flatMap((m) => m.arrows.map((a) => a.type)));
    const boxes = [...types].sort((a, b) => a - b).map((type) => {
      const button = element('button', {
        'aria-pressed': String(this.state.shownArrows[type]),
        title: 'Show or hide these arrows'}, ARROW_STYLES[type].name);
      button.addEventListener('click', () => {
        this.state.shownArrows[type] = !this.state.shownArrows[type];
        button.setAttribute('aria-pressed',
                            String(this.state.shownArrows[type]));
        this.redraw();
      });
      return button;
    });
    if (boxes.length > 0) boxes.unshift(element('span', {}, 'Arrows:'));
    replaceChildren(byId('arrows'), ...boxes);
  }

  setAxis(axis) {
    if (axis === 'time' && !this.view.hasTime()) return;
    this.view.setAxis(axis);
    byId('axis-steps').setAttribute('aria-pressed', String(axis === 'steps'));
    byId('axis-time').setAttribute('aria-pressed', String(axis === 'time'));
    this.overview.isStale = true;
    this.redraw();
  }
  zoom(factor) {
    const {model, event} = this.state.selected;
    const px = model === null ? this.view.width / 2 :
        this.view.eventPx(model, event);
    const isSeen = px >= 0 && px <= this.view.width;
    this.view.zoom(factor, isSeen ? px : this.view.width / 2);
    this.redraw();
  }
  fit() {
    this.view.fit();
    this.redraw();
  }
  toggleKeys() {
    const keys = byId('keys');
    keys.hidden = !keys.hidden;
    byId('help').setAttribute('aria-expanded', String(!keys.hidden));
  }

  press(event) {
    byId('canvas').setPointerCapture(event.pointerId);
    byId('canvas').focus({preventScroll: true});
    this.drag = {x: event.offsetX, y: event.offsetY, left: this.view.left,
      scroll: this.view.scroll, isMoved: false};
    event.preventDefault();
  }
  hover(event) {
    const {drag, view} = this;
    if (drag === null) return this.tip(event.offsetX, event.offsetY);
    const dx = event.offsetX - drag.x;
    const dy = event.offsetY - drag.y;
    if (Math.abs(dx) + Math.abs(dy) > 4) drag.isMoved = true;
    if (!drag.isMoved) return;
    byId('tip').hidden = true;
    view.left = drag.left - dx / view.scale;
    view.scroll = drag.scroll - dy;
    view.clamp();
    this.redraw();
  }
  release(event) {
    const {drag} = this;
    this.drag = null;
    if (drag === null || drag.isMoved) return;
    this.click(event.offsetX, event.offsetY);
  }
  click(x, y) {
    const row = this.view.rowAt(y);
    if (row !== undefined && row.type === 'region' && x < this.view.labels) {
      return this.toggleRegion(row);
    }
    const found = this.hit(x, y);
    if (found !== null) this.select(found.model, found.event, false);
  }
  toggleRegion(row) {
    const {collapsed} = this.view;
    if (!collapsed.delete(row.key)) collapsed.add(row.key);
    this.view.placeRows();
    this.view.clamp();
    this.overview.isStale = true;
    this.redraw();
  }

  tip(x, y) {
    const tip = byId('tip');
    const found = this.hit(x, y);
    tip.hidden = found === null;
    byId('canvas').style.cursor = found === null ? 'grab' : 'pointer';
    if (found === null) return;
    const {model, event} = found;
    const site = model.site[event];
    const state = found.state === undefined ? '' : [
      'ready since ', 'waits since ', 'never woken since '][found.state] +
        '#' + (model.first + event) + '\n';
    const source = model.sourceLine(site);
    const marks = this.state.marksOf(model, event).map((m) => m.text + '\n');
    tip.textContent = state + marks.join('') + '#' + (model.first + event) +
        ' ' + model.eventText(event) + '\n' + model.siteText(site) +
        (source === '' ? '' : '\n' + source);
    const width = this.view.labels + this.view.width;
    tip.style.left = Math.max(Math.min(x + 14, width - tip.offsetWidth - 8),
                              4) + 'px';
    const below = y + 18 + tip.offsetHeight < this.view.height;
    tip.style.top = (below ? y + 18 : Math.max(y - tip.offsetHeight - 12, 2)) +
        'px';
  }

  wheel(event) {
    event.preventDefault();
    const {view} = this;
    const unit = event.deltaMode === 1 ? 16 : 1;
    const dx = event.deltaX * unit;
    const dy = event.deltaY * unit;
    byId('tip').hidden = true;
    if (event.offsetX < view.labels || event.altKey) {
      view.scroll += dy;
      view.clamp();
    } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      view.left += (dx === 0 ? dy : dx) / view.scale;
      view.clamp();
    } else {
      view.zoom(Math.exp(-dy * 0.0022), event.offsetX - view.labels);
    }
    this.redraw();
  }

  key(event) {
    const {target} = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLInputElement ||
        target instanceof HTMLSelectElement) return;
    if (event.defaultPrevented) return;
    // A button's own keys stay its own.
    if (target instanceof HTMLButtonElement &&
        (event.key === ' ' || event.key === 'Enter')) return;
    const action = this.actionOf(event);
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
  actionOf(event) {
    const {view} = this;
    const pan = (part) => () => {
      view.left += part * view.width / view.scale;
      view.clamp();
      this.redraw();
    };
    const last = () => this.current().model.count - 1;
    return {
      ArrowLeft: () => event.shiftKey ? this.moveInTask(-1) : this.move(-1),
      ArrowRight: () => event.shiftKey ? this.moveInTask(1) : this.move(1),
      ArrowUp: () => this.moveLane(-1),
      ArrowDown: () => this.moveLane(1),
      Home: () => this.select(this.current().model, 0, true),
      End: () => this.select(this.current().model, last(), true),
      PageUp: pan(-0.8),
      PageDown: pan(0.8),
      a: pan(-0.25),
      d: pan(0.25),
      '+': () => this.zoom(1.5),
      '=': () => this.zoom(1.5),
      '-': () => this.zoom(1 / 1.5),
      w: () => this.zoom(1.5),
      s: () => this.zoom(1 / 1.5),
      f: () => this.fit(),
      0: () => this.fit(),
      t: () => this.setAxis(view.axis === 'steps' ? 'time' : 'steps'),
      e: () => this.nextMark(),
      c: () => {
        const {model, event: selected} = this.state.selected;
        if (model !== null) view.reveal(model, selected, true);
        this.redraw();
      },
      '/': () => byId('query').select(),
      n: () => this.nextMatch(1),
      N: () => this.nextMatch(-1),
      '?': () => this.toggleKeys(),
      Escape: () => {
        if (!byId('keys').hidden) this.toggleKeys();
        else this.select(null, -1, false);
      },
    }[event.key];
  }
}

const begin = performance.now();
const app = new App(JSON.parse(byId('data').textContent));
// For tests, and for who looks at the page with a browser's tools.
window.asupersync = {
  app,
  loadMs: performance.now() - begin,
  counters: app.painter.counters,
};
