// What happened, from the events: steps, the states of tasks, arrows, marks.

const NONE = 0;  // no task
const STATE = {ready: 0, waiting: 1, stuck: 2, running: 3};
const ARROW = {wake: 0, spawn: 1, message: 2, join: 3, cancel: 4, access: 5,
  order: 6};

class Model {
  constructor(trace, schema, index, accessesCompared) {
    this.trace = trace;
    this.schema = schema;
    this.index = index;  // 0, or 1 for the other trace of a comparison
    this.first = trace.first;
    this.texts = trace.texts.map(visible);
    const events = decodeEvents(trace, schema.kinds);
    Object.assign(this, events);
    this.tasks = new Map();    // number -> lane
    this.regions = new Map();  // number -> region
    this.clock = this.newLane(NONE, -1);
    this.arrows = [];
    this.lineTexts = [];
    this.readStart(trace.start);
    this.walk();
    this.place();
    this.sortArrows();
    this.twins = trace.twins === undefined ? null :
        decodeTwins(trace.twins, this.count);
    this.findDifferences(accessesCompared);
  }

  // The first event of each lane that the other trace does not have.
  findDifferences(accessesCompared) {
    if (this.twins === null) return;
    for (const lane of [this.clock, ...this.tasks.values()]) {
      const first = lane.events.findIndex((e) => this.twins[e] < 0 &&
          (accessesCompared || !this.isKind(e, 'ObjectAccessed')));
      lane.differs = first < 0 ? -1 : lane.events[first];
    }
  }

  newLane(task, event) {
    return {
      task, region: 0, parent: NONE, name: '', spawned: event, done: -1,
      outcome: -1, color: 0, steps: [], events: [], segments: [],
      state: STATE.ready, since: event, cancelled: false, isStuck: false,
      differs: -1,
    };
  }

  lane(task) {
    let lane = this.tasks.get(task);
    if (lane === undefined) {
      lane = this.newLane(task, -1);
      this.tasks.set(task, lane);
    }
    return lane;
  }

  region(number) {
    let region = this.regions.get(number);
    if (region === undefined) {
      region = {number, parent: 0, name: '', created: -1, closed: -1,
        cancelled: -1};
      this.regions.set(number, region);
    }
    return region;
  }

  readStart(start) {
    for (const [number, parent, name] of start.regions) {
      Object.assign(this.region(number), {parent, name: visible(name)});
    }
    for (const [task, region, parent, state, name] of start.tasks) {
      Object.assign(this.lane(task), {
        region, parent, name: visible(name), state: STATE[state]});
      this.region(region);
    }
  }

  // Field i of event e as it is: a BigInt if a double cannot hold it.
  exact(e, i) {
    const big = this.big.get(FIELDS_MAX * e + i);
    return big === undefined ? this.f[i][e] : big;
  }

  // The field with this name, as exact() gives it.
  get(e, name) {
    return this.exact(e, this.schema.kinds[this.kind[e] - 1].at[name]);
  }

  isKind(e, name) { return this.kind[e] === this.schema.number[name]; }

  // One pass: which task each event belongs to, steps, states, arrows.
  walk() {
    const n = this.count;
    this.owner = new Uint32Array(n);   // task whose step it is, or NONE
    this.stepOf = new Int32Array(n);   // step in which or after which it is
    this.between = new Uint8Array(n);  // 1: not in a step
    this.time = new Float64Array(n);
    this.accessSign = new Uint8Array(n);  // 1: read, 2: write, 0: no sign
    this.stepTask = [];
    this.stepFirst = [];
    this.stepLast = [];
    const walker = new Walker(this);
    for (let e = 0; e < n; ++e) walker.event(e);
    walker.finish();
  }

  // Positions on the step axis: step k has [k, k + 0.8], what is between it
  // and the next one the rest.
  place() {
    const n = this.count;
    this.pos = new Float64Array(n);
    this.instant = new Uint32Array(n);
    let e = 0;
    while (e < n) {
      let end = e + 1;
      while (end < n && this.stepOf[end] === this.stepOf[e] &&
             this.between[end] === this.between[e]) ++end;
      const size = end - e;
      for (let i = e; i < end; ++i) {
        const part = (i - e + 0.5) / size;
        this.pos[i] = this.stepOf[e] +
            (this.between[e] ? 0.8 + 0.2 * part : 0.8 * part);
      }
      e = end;
    }
    this.placeInstants();
    this.rankSigns();
  }

  // How many signs follow an event's own in its step, and how many each step
  // has: signs of a wide bar stand side by side at its end.
  rankSigns() {
    this.signsAfter = new Uint32Array(this.count);
    this.signsOfStep = new Uint32Array(this.stepTask.length);
    const hasGlyph = this.schema.kinds.map(
        (kind) => GLYPHS[kind.name] !== undefined);
    this.sign = new Uint8Array(this.count);
    for (let e = this.count - 1; e >= 0; --e) {
      this.sign[e] = hasGlyph[this.kind[e] - 1] &&
          (!this.isKind(e, 'ObjectAccessed') || this.accessSign[e] > 0) ? 1 : 0;
      if (this.between[e] || this.stepOf[e] < 0) continue;
      const step = this.stepOf[e];
      this.signsAfter[e] = this.signsOfStep[step];
      this.signsOfStep[step] += this.sign[e];
    }
    for (const lane of this.tasks.values()) {
      lane.signs = lane.events.filter((e) => this.sign[e] === 1);
      lane.loud = lane.signs.filter(
          (e) => LOUD.has(this.schema.kinds[this.kind[e] - 1].name));
    }
  }

  placeInstants() {
    this.instants = [];  // {time, from, to} in positions
    for (let e = 0; e < this.count; ++e) {
      const last = this.instants[this.instants.length - 1];
      if (last === undefined || last.time !== this.time[e]) {
        this.instants.push({time: this.time[e], from: this.pos[e],
          to: this.pos[e]});
      } else {
        last.to = Math.max(last.to, this.pos[e]);
      }
      this.instant[e] = this.instants.length - 1;
    }
    if (this.instants.length === 0) {
      this.instants.push({time: Number(this.trace.start.time), from: 0, to: 0});
    }
    this.stepInstant = this.stepFirst.map((e) => this.instant[e]);
    this.firstPos = this.count > 0 ? Math.floor(this.pos[0] + 0.2) : 0;
    this.endPos = Math.max(this.stepTask.length, 1);
  }

  sortArrows() {
    this.arrows.sort((a, b) => a.from - b.from || a.to - b.to);
    this.arrowsAt = new Map();
    const note = (event, arrow) => {
      const list = this.arrowsAt.get(event);
      if (list === undefined) this.arrowsAt.set(event, [arrow]);
      else list.push(arrow);
    };
    for (const arrow of this.arrows) {
      note(arrow.from, arrow);
      if (arrow.to !== arrow.from) note(arrow.to, arrow);
    }
  }

  // The lane on which an event stands: the task whose step it is, or the one
  // it is about, or the clock.
  laneOf(e) {
    const task = this.owner[e];
    return task === NONE ? this.clock : this.lane(task);
  }

  siteText(site) {
    if (site === 0 || site > this.trace.sites.length) return '';
    let text = this.lineTexts[site];
    if (text === undefined) {
      const [file, line] = this.trace.sites[site - 1];
      text = this.texts[file] + ':' + line;
      this.lineTexts[site] = text;
    }
    return text;
  }
  shortSite(site) {
    const text = this.siteText(site);
    return text.slice(text.lastIndexOf('/') + 1);
  }
  functionOf(site) {
    if (site === 0 || site > this.trace.sites.length) return '';
    return this.texts[this.trace.sites[site - 1][3]];
  }
  // Its last two names, for where there is little room.
  shortFunction(site) {
    return this.functionOf(site).split('::').slice(-2).join('::');
  }
  sourceLine(site) {
    if (site === 0 || site > this.trace.lines.length) return '';
    return visible(this.trace.lines[site - 1]);
  }

  taskName(task) {
    const lane = this.tasks.get(task);
    return 'T' + task + (lane && lane.name ? ' ' + lane.name : '');
  }
  regionName(number) {
    const region = this.regions.get(number);
    return 'R' + number + (region && region.name ? ' ' + region.name : '');
  }

  fieldText(type, e, i) {
    const value = this.exact(e, i);
    switch (type) {
      case 'task': return value === NONE ? 'none' : this.taskName(value);
      case 'region': return value === 0 ? 'none' : this.regionName(value);
      case 'text': return this.texts[value];
      case 'ns': return durationText(value);
      case 'hex': return '0x' + value.toString(16).padStart(16, '0');
      case 'signed':
        return typeof value === 'bigint' ?
            (value & 1n ? -((value + 1n) / 2n) : value / 2n).toString() :
            String(unzigzag(value));
      case 'count': return value.toString();
      default: {
        const names = this.schema.names[type];
        return value < names.length ? names[value] :
            'unknown (' + value + ')';
      }
    }
  }

  // "TaskCompleted T2 worker outcome=ok".
  eventText(e) {
    const kind = this.schema.kinds[this.kind[e] - 1];
    let text = kind.name;
    kind.fields.forEach((field, i) => {
      if (field.name === 'at_tick') return;  // the event's own
      const value = this.fieldText(field.type, e, i);
      text += field.type === 'task' && i === 0 ? ' ' + value :
          field.type === 'text' ? ' "' + value + '"' :
          ' ' + field.name + '=' + value;
    });
    return text;
  }

  // All that a search looks at.
  searchText(e) {
    const owner = this.owner[e];
    return '#' + (this.first + e) + ' ' + this.eventText(e) + ' ' +
        (owner === NONE ? '' : this.taskName(owner)) + ' ' +
        this.siteText(this.site[e]) + ' ' + this.functionOf(this.site[e]);
  }
}

// Virtual time for people: "0", "1.5ms", "2h3m".
function durationText(ns) {
  const units = [['h', 3600000000000n], ['m', 60000000000n],
    ['s', 1000000000n], ['ms', 1000000n], ['\u00b5s', 1000n], ['ns', 1n]];
  let rest = BigInt(typeof ns === 'bigint' ? ns : Math.round(ns));
  if (rest === 0n) return '0';
  if (rest < 0n) return '-' + durationText(-rest);
  let text = '';
  for (const [name, size] of units) {
    if (name === 's' || rest < 1000000000n) {
      // From seconds on one number with a fraction.
      for (const [unit, whole] of units.slice(2)) {
        if (rest < whole) continue;
        const fraction = (rest % whole).toString()
            .padStart(whole.toString().length - 1, '0').replace(/0+$/, '');
        return text + rest / whole +
            (whole > 1n && fraction !== '' ? '.' + fraction : '') + unit;
      }
      return text;
    }
    if (rest >= size) {
      text += rest / size + name;
      rest %= size;
    }
  }
  return text;
}
