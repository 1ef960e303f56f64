// The list of events: a row for each, of which only those on the screen exist.

const LIST_ROW = 20;
// Browsers do not make elements as high as they are asked to.
const LIST_HEIGHT_MAX = 8e6;

class EventList {
  constructor(state, select) {
    this.state = state;
    this.select = select;
    this.root = byId('list');
    this.filter = byId('list-filter');
    this.space = element('div', {class: 'space'});
    this.root.append(this.space);
    this.rows = [];
    this.root.addEventListener('scroll', () => this.draw());
    this.filter.addEventListener('change', () => this.refresh(true));
    this.root.addEventListener('keydown', (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  model() { return this.state.selected.model || this.state.models[0]; }

  // The events in the list: null stands for all.
  events() {
    const model = this.model();
    if (this.filter.value === 'match') {
      const found = this.state.matches().find((m) => m.model === model);
      return found === undefined ? [] : found.events;
    }
    if (this.filter.value === 'task') {
      const {selected} = this.state;
      return selected.model === null ? [] :
          model.laneOf(selected.event).events;
    }
    return null;
  }

  length() {
    return this.list === null ? this.model().count : this.list.length;
  }
  eventOf(i) { return this.list === null ? i : this.list[i]; }
  indexOf(e) {
    return this.list === null ? e : lowerBound(this.list, (x) => x < e);
  }

  // To be called when the selection or the matches have changed.
  refresh(reveal) {
    this.list = this.events();
    const model = this.model();
    byId('list-count').textContent =
        (this.state.models.length > 1 ? 'AB'[model.index] + ': ' : '') +
        this.length() + (this.length() === 1 ? ' event' : ' events');
    this.fullHeight = this.length() * LIST_ROW;
    this.height = Math.min(this.fullHeight, LIST_HEIGHT_MAX);
    this.space.style.height = this.height + 'px';
    if (reveal && this.state.selected.model !== null) this.reveal();
    this.draw();
  }

  // The list's own pixels at the top, of fullHeight.
  top() {
    const room = this.root.clientHeight;
    const part = this.root.scrollTop / Math.max(this.height - room, 1);
    return this.height === this.fullHeight ? this.root.scrollTop :
        part * (this.fullHeight - room);
  }

  reveal() {
    const room = this.root.clientHeight;
    const y = this.indexOf(this.state.selected.event) * LIST_ROW;
    const top = this.top();
    if (y >= top && y + LIST_ROW <= top + room) return;
    const goal = Math.max(y - room / 2, 0);
    this.root.scrollTop = this.height === this.fullHeight ? goal :
        goal / Math.max(this.fullHeight - room, 1) * (this.height - room);
  }

  draw() {
    if (this.list === undefined) return;
    const model = this.model();
    const top = this.top();
    const room = this.root.clientHeight;
    const first = Math.floor(top / LIST_ROW);
    const count = Math.max(
        Math.min(Math.ceil(room / LIST_ROW) + 1, this.length() - first), 0);
    while (this.rows.length < count) this.rows.push(this.newRow());
    while (this.rows.length > count) this.rows.pop().root.remove();
    const offset = this.root.scrollTop - top;
    for (let i = 0; i < count; ++i) {
      this.fill(this.rows[i], model, this.eventOf(first + i),
                (first + i) * LIST_ROW + offset);
    }
  }

  newRow() {
    const row = {number: element('span', {class: 'number'}),
      swatch: element('span', {class: 'swatch'}),
      what: element('span', {class: 'what'}), event: -1};
    row.root = element('div', {class: 'row', role: 'option', onclick: () =>
      this.select(this.model(), row.event, false)},
        row.number, row.swatch, row.what);
    this.space.append(row.root);
    return row;
  }

  fill(row, model, e, y) {
    const {selected} = this.state;
    const isSelected = selected.model === model && selected.event === e;
    const lane = model.laneOf(e);
    row.event = e;
    row.root.style.top = y + 'px';
    row.root.classList.toggle('selected', isSelected);
    row.root.classList.toggle('failed',
        this.state.marksOf(model, e).length > 0);
    row.root.setAttribute('aria-selected', String(isSelected));
    row.number.textContent = String(model.first + e);
    row.swatch.style.background = lane.task === NONE ? 'transparent' :
        LANE_COLORS[lane.color];
    row.what.textContent = model.eventText(e) + '  ' +
        model.shortSite(model.site[e]);
  }

  key(event) {
    const direction = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (direction === undefined || this.length() === 0) return;
    event.preventDefault();
    const at = this.state.selected.model === null ? -1 :
        this.indexOf(this.state.selected.event);
    const i = Math.min(Math.max(at + direction, 0), this.length() - 1);
    this.select(this.model(), this.eventOf(i), false);
    this.root.focus();
  }
}
