// Where things are on the canvas: rows, and the two horizontal axes.

const ROW = {task: 30, region: 22, title: 26, clock: 24};
// A lane that has room shows the code of its steps below them.
const CAPTION_ROW = 48;
const TASK_ROW_MAX = 58;
const RULER = 26;
const BAR = 18;
const LABELS_MIN = 120;
const LABELS_MAX = 260;
const FAN_PX = 7;        // a step's share of an instant on the time axis
const END_SHARE = 0.06;  // what follows the last instant, of the whole span

// Rows of one model: the clock, then the tree of regions with their tasks.
function rowsOf(model, collapsed, title) {
  const rows = [];
  const add = (type, depth, rest) => rows.push(
      {type, depth, model, height: ROW[type], y: 0, ...rest});
  if (title !== '') add('title', 0, {title});
  if (model.clock.events.length > 0) add('clock', 0, {lane: model.clock});
  const tasks = new Map();
  for (const lane of model.tasks.values()) {
    if (!tasks.has(lane.region)) tasks.set(lane.region, []);
    tasks.get(lane.region).push(lane);
  }
  const children = new Map();
  for (const region of model.regions.values()) {
    const parent = model.regions.has(region.parent) &&
        region.parent !== region.number ? region.parent : 0;
    if (region.number === 0) continue;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(region.number);
  }
  const seen = new Set();
  const stack = [];
  const numbers = [...model.regions.keys()];
  let rest = 0;
  const pushAll = (list, depth) => {
    for (const number of [...list].sort((a, b) => b - a)) {
      stack.push([number, depth]);
    }
  };
  const addTasks = (number, depth) => {
    const lanes = tasks.get(number) || [];
    lanes.sort((a, b) => a.task - b.task);
    for (const lane of lanes) add('task', depth, {lane});
  };
  addTasks(0, 0);
  pushAll(children.get(0) || [], 0);
  for (;;) {
    while (stack.length > 0) {
      const [number, depth] = stack.pop();
      if (seen.has(number)) continue;
      seen.add(number);
      const key = model.index + ':' + number;
      const isCollapsed = collapsed.has(key);
      add('region', depth, {region: model.region(number), key, isCollapsed});
      const inner = children.get(number) || [];
      if (isCollapsed) {
        hideBelow(number, children, seen);
        continue;
      }
      addTasks(number, depth + 1);
      pushAll(inner, depth + 1);
    }
    // Regions that are each other's parents (a trace may say anything).
    while (rest < numbers.length &&
           (numbers[rest] === 0 || seen.has(numbers[rest]))) ++rest;
    if (rest === numbers.length) break;
    stack.push([numbers[rest], 0]);
  }
  return rows;
}

function hideBelow(number, children, seen) {
  const stack = [...(children.get(number) || [])];
  while (stack.length > 0) {
    const child = stack.pop();
    if (seen.has(child)) continue;
    seen.add(child);
    stack.push(...(children.get(child) || []));
  }
}

class View {
  constructor(models) {
    this.models = models;
    this.axis = 'steps';
    this.left = 0;      // units of the axis at the edge of the lanes
    this.scale = 1;     // pixels per unit
    this.scroll = 0;    // of the rows, pixels
    this.width = 0;     // of the lanes' part
    this.height = 0;
    this.labels = LABELS_MAX;
    this.collapsed = new Set();
    this.placeRows();
  }

  placeRows() {
    const isPair = this.models.length > 1;
    this.rows = [];
    for (const model of this.models) {
      const title = isPair ? 'AB'[model.index] + '  seed ' +
          model.trace.metadata.seed + '  ' + visible(model.trace.file) : '';
      this.rows.push(...rowsOf(model, this.collapsed, title));
    }
    this.placeHeights();
    this.rowOf = this.models.map(() => new Map());
    this.clockRow = [];
    for (const row of this.rows) {
      if (row.type === 'task') {
        this.rowOf[row.model.index].set(row.lane.task, row);
      } else if (row.type === 'clock') {
        this.clockRow[row.model.index] = row;
      }
    }
  }

  // Few lanes share the height that there is.
  placeHeights() {
    const tasks = this.rows.filter((row) => row.type === 'task').length;
    const others = this.rows.reduce(
        (sum, row) => row.type === 'task' ? sum : sum + row.height, 0);
    const room = this.height - RULER - others - 8;
    const height = Math.min(Math.max(Math.floor(room / Math.max(tasks, 1)),
                                     ROW.task), TASK_ROW_MAX);
    let y = 0;
    for (const row of this.rows) {
      if (row.type === 'task') row.height = height;
      row.y = y;
      y += row.height;
    }
    this.rowsHeight = y + 8;
    this.spans = this.models.map(() => null);  // [first, last] row of each
    for (const row of this.rows) {
      const span = this.spans[row.model.index];
      if (span === null) this.spans[row.model.index] = [row, row];
      else span[1] = row;
    }
  }

  hasCaption(row) { return row.type === 'task' && row.height >= CAPTION_ROW; }
  // The middle of the row's bars.
  middle(row) {
    return this.rowY(row) + (this.hasCaption(row) ?
        (row.height - 16) / 2 + 1 : row.height / 2);
  }

  rowOfLane(model, lane) {
    return lane === model.clock ? this.clockRow[model.index] :
        this.rowOf[model.index].get(lane.task);
  }
  rowOfTask(model, task) { return this.rowOf[model.index].get(task); }

  // The least and the greatest unit of the axis that there is.
  range() {
    if (this.axis === 'steps') {
      const begin = Math.min(...this.models.map((m) =>
          m.count > 0 && m.pos[0] < 0 ? -0.6 : 0));
      return [begin, Math.max(...this.models.map((m) => m.endPos)) + 0.3];
    }
    const times = this.models.flatMap((m) =>
        [m.instants[0].time, m.instants[m.instants.length - 1].time]);
    const from = times.reduce((a, b) => Math.min(a, b));
    const to = times.reduce((a, b) => Math.max(a, b));
    const span = to > from ? to - from : 1;
    return [from - span * 0.015, to + span * END_SHARE];
  }

  hasTime() {
    return this.models.some((m) => m.instants.length > 1);
  }

  fit() {
    const [from, to] = this.range();
    this.left = from;
    // Few steps do not fill a wide screen.
    const most = this.axis === 'steps' ? 150 : Infinity;
    this.scale = Math.min(Math.max(this.width, 50) / (to - from), most);
    this.scroll = 0;
  }

  setAxis(axis) {
    this.axis = axis;
    this.axisEnd = null;
    this.fit();
  }

  clamp() {
    const [from, to] = this.range();
    const least = Math.min(this.width / (to - from),
                           this.axis === 'steps' ? 150 : Infinity);
    const most = this.axis === 'steps' ? 600 : 1e3;
    this.scale = Math.min(Math.max(this.scale, least), Math.max(least, most));
    const margin = this.width * 0.3 / this.scale;
    const maxLeft = Math.max(to - this.width / this.scale, from) + margin;
    this.left = Math.min(Math.max(this.left, from - margin), maxLeft);
    const room = this.height - RULER;
    this.scroll = Math.min(Math.max(this.scroll, 0),
                           Math.max(0, this.rowsHeight - room));
  }

  zoom(factor, px) {
    const unit = this.left + px / this.scale;
    this.scale *= factor;
    this.clamp();
    this.left = unit - px / this.scale;
    this.clamp();
  }

  // Pixels right of the labels. `pos` is a position on the step axis, which is
  // in `instant` of the model's.
  px(model, instant, pos) {
    if (this.axis === 'steps') return (pos - this.left) * this.scale;
    const at = model.instants[instant];
    const next = model.instants[instant + 1];
    const [, end] = this.axisEnd || (this.axisEnd = this.range());
    const room = ((next ? next.time : end) - at.time) * this.scale;
    const steps = at.to - at.from + 1;
    // At one instant steps are fanned out in their order, as far as there is
    // room before the next instant.
    const fan = Math.min(room * 0.85, steps * FAN_PX);
    const part = (pos - at.from) / steps;
    return (at.time - this.left) * this.scale +
        fan * Math.min(Math.max(part, 0), 1);
  }
  eventPx(model, e) { return this.px(model, model.instant[e], model.pos[e]); }
  stepPx(model, step) {
    const instant = model.stepInstant[step];
    return [this.px(model, instant, step), this.px(model, instant, step + 0.8)];
  }

  // The first event at or right of `px`; count if there is none.
  eventAt(model, px) {
    let low = 0;
    let high = model.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.eventPx(model, middle) < px) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The first of lane.steps[from..] that ends at or right of `px`.
  stepAt(model, lane, px, from) {
    let low = from;
    let high = lane.steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.stepPx(model, lane.steps[middle])[1] < px) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Rows that are at least in part on the screen: [first, end).
  visibleRows() {
    const find = (y) => {
      let low = 0;
      let high = this.rows.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.rows[middle].y + this.rows[middle].height <= y) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    };
    return [find(this.scroll),
      Math.min(find(this.scroll + this.height - RULER) + 1, this.rows.length)];
  }
  rowY(row) { return RULER + row.y - this.scroll; }
  // From top to bottom of a model's rows, as far down as there is room if it is
  // the last one.
  modelSpan(model) {
    const span = this.spans[model.index];
    if (span === null) return [RULER, this.height];
    const [first, last] = span;
    return [this.rowY(first), last === this.rows[this.rows.length - 1] ?
        this.height : this.rowY(last) + last.height];
  }
  rowAt(y) {
    const [first, end] = this.visibleRows();
    for (let i = first; i < end; ++i) {
      const top = this.rowY(this.rows[i]);
      if (y >= top && y < top + this.rows[i].height) return this.rows[i];
    }
    return undefined;
  }

  // Moves so that the event is well inside.
  reveal(model, e, center) {
    const px = this.eventPx(model, e);
    if (center || px < this.width * 0.08 || px > this.width * 0.92) {
      this.left += (px - this.width / 2) / this.scale;
    }
    const row = this.rowOfLane(model, model.laneOf(e));
    if (row !== undefined) {
      const room = this.height - RULER;
      if (row.y < this.scroll) this.scroll = row.y - 10;
      if (row.y + row.height > this.scroll + room) {
        this.scroll = row.y + row.height + 10 - room;
      }
    }
    this.clamp();
  }
}
