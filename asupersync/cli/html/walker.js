// Goes through the events of a model once and fills in who did what.

class Walker {
  constructor(model) {
    this.m = model;
    this.K = model.schema.number;
    this.running = model.trace.start.running;
    this.inStep = this.running !== NONE;
    // The task whose step ended last, while nothing else can have caused what
    // follows: what it wakes by completing is recorded after its step.
    this.cause = this.running;
    this.time = Number(model.trace.start.time);
    this.obligations = new Map();  // number -> kind
    this.timers = new Map();       // number -> event of its creation
    this.accesses = new Map();     // object -> last write, reads since
    this.conflicts = [];
    this.stepObjects = new Set();
    this.orderers = new Set();     // objects that tasks wait for
    this.messageSteps = new Set();
    this.lastAccess = -1;
    this.stepCommits = -1;         // the step's last commit, of a message
    this.stepCompletes = false;
    this.faults = [];
    if (this.inStep && model.count > 0) this.beginStep(this.running, 0);
  }

  beginStep(task, e) {
    const m = this.m;
    m.lane(task).steps.push(m.stepTask.length);
    m.stepTask.push(task);
    m.stepFirst.push(e);
    m.stepLast.push(e);
    this.running = task;
    this.cause = task;
    this.inStep = true;
    this.stepCommits = -1;
    this.stepCompletes = false;
    this.stepObjects.clear();
  }

  setState(lane, state, e) {
    if (lane.state !== STATE.running && lane.since !== e) {
      lane.segments.push(lane.state, lane.since, e);
    }
    lane.state = state;
    lane.since = e;
  }

  arrow(type, fromTask, toTask, from, to) {
    if (fromTask === toTask) return;
    this.m.arrows.push({type, fromTask, toTask, from, to});
  }

  event(e) {
    const m = this.m;
    const K = this.K;
    const kind = m.kind[e];
    if (kind === K.TaskScheduled) {
      const lane = m.lane(m.get(e, 'task'));
      this.setState(lane, STATE.running, e);
      this.beginStep(lane.task, e);
    } else if (kind === K.TimeAdvanced || kind === K.TimerFired ||
               kind === K.IoReady) {
      this.running = NONE;
      this.cause = NONE;
      this.inStep = false;
    }
    if (kind === K.TimeAdvanced) this.time = m.f[1][e];
    // What follows the end of a step, caused by it, counts as part of it.
    const step = m.stepTask.length - 1;
    const isPart = this.cause !== NONE && step >= 0;
    m.stepOf[e] = step;
    m.between[e] = isPart ? 0 : 1;
    if (isPart) m.stepLast[step] = e;
    m.time[e] = this.time;
    m.owner[e] = isPart ? this.cause : this.ownerBetween(e);
    this.details(e, kind);
    const lane = m.laneOf(e);
    lane.events.push(e);
  }

  // Whose lane shows an event that is in no step.
  ownerBetween(e) {
    const m = this.m;
    if (m.kind[e] === this.K.TimerFired) {
      const created = this.timers.get(m.get(e, 'timer_id'));
      return created === undefined ? NONE : m.owner[created];
    }
    const fields = m.schema.kinds[m.kind[e] - 1].fields;
    return fields.length > 0 && fields[0].type === 'task' ? m.f[0][e] : NONE;
  }

  details(e, kind) {
    const m = this.m;
    const K = this.K;
    switch (kind) {
      case K.TaskYielded: return this.endStep(e, STATE.ready);
      case K.TaskBlocked:
        this.noteOrderers();
        return this.endStep(e, STATE.waiting);
      case K.TaskCompleted: return this.completed(e);
      case K.TaskSpawned: return this.spawned(e);
      case K.TaskNamed:
        m.lane(m.get(e, 'task')).name = m.texts[m.get(e, 'text')];
        return;
      case K.WakerWake: return this.woken(e);
      case K.TaskCancelRequested:
        m.lane(m.get(e, 'task')).cancelled = true;
        this.arrow(ARROW.cancel, m.owner[e], m.get(e, 'task'), e, e);
        return;
      case K.TimerCreated: this.timers.set(m.get(e, 'timer_id'), e); return;
      case K.RegionCreated: {
        const region = m.region(m.get(e, 'region'));
        region.parent = m.get(e, 'parent_region');
        region.created = e;
        return;
      }
      case K.RegionNamed:
        m.region(m.get(e, 'region')).name = m.texts[m.get(e, 'text')];
        return;
      case K.RegionClosed: m.region(m.get(e, 'region')).closed = e; return;
      case K.RegionCancelled: m.region(m.get(e, 'region')).cancelled = e; return;
      case K.ObligationReserved:
        this.noteOrderers();
        this.obligations.set(m.get(e, 'obligation'), m.get(e, 'kind'));
        return;
      case K.ObligationCommitted: {
        this.noteOrderers();
        const kind = this.obligations.get(m.get(e, 'obligation'));
        // Obligation kind 0 is the slot of a channel: a message.
        const isMessage = kind === undefined || kind === 0;
        if (isMessage) this.messageSteps.add(m.stepOf[e]);
        // A wake is due to what was committed right before it.
        this.stepCommits = isMessage ? e : -1;
        return;
      }
      case K.ObjectAccessed: return this.accessed(e);
    }
  }

  endStep(e, state) {
    this.setState(this.m.lane(this.m.get(e, 'task')), state, e);
    this.running = NONE;
    this.inStep = false;
  }

  completed(e) {
    const lane = this.m.lane(this.m.get(e, 'task'));
    this.setState(lane, STATE.ready, e);
    lane.done = e;
    lane.outcome = this.m.get(e, 'outcome');
    this.stepCompletes = true;
    this.running = NONE;
    this.inStep = false;
  }

  spawned(e) {
    const m = this.m;
    const lane = m.lane(m.get(e, 'task'));
    Object.assign(lane, {region: m.get(e, 'region'),
      parent: m.get(e, 'parent'), spawned: e, state: STATE.ready, since: e});
    m.region(lane.region);
    if (lane.parent !== NONE) {
      this.arrow(ARROW.spawn, lane.parent, lane.task, e, e);
    }
  }

  woken(e) {
    const m = this.m;
    const lane = m.lane(m.get(e, 'task'));
    if (lane.state === STATE.waiting) this.setState(lane, STATE.ready, e);
    const waker = m.between[e] ? NONE : m.owner[e];
    if (waker === NONE) return;
    const type = this.stepCompletes ? ARROW.join :
        this.stepCommits >= 0 ? ARROW.message : ARROW.wake;
    this.arrow(type, waker, lane.task, e, e);
  }

  // Two accesses of one object by different tasks, of which one is a write.
  accessed(e) {
    const m = this.m;
    const object = m.get(e, 'object');
    const mode = m.get(e, 'mode');
    const task = m.owner[e];
    let known = this.accesses.get(object);
    if (known === undefined) {
      known = {write: null, reads: new Map()};
      this.accesses.set(object, known);
    }
    const conflict = (from) => {
      if (from !== null && from.task !== task) {
        this.conflicts.push({object, from, to: {event: e, task}});
      }
    };
    if (mode === 1) {
      // The write before is ordered through the reads of it, if there are any.
      if (known.reads.size === 0) conflict(known.write);
      for (const read of known.reads.values()) conflict(read);
      known.write = {event: e, task};
      known.reads.clear();
    } else {
      conflict(known.write);
      known.reads.set(task, {event: e, task});
    }
    this.stepObjects.add(object);
    // One sign for all accesses of a step, at the last one.
    if (this.lastAccess >= 0 && m.stepOf[this.lastAccess] === m.stepOf[e]) {
      m.accessSign[e] = Math.max(m.accessSign[this.lastAccess], mode + 1);
      m.accessSign[this.lastAccess] = 0;
    } else {
      m.accessSign[e] = mode + 1;
    }
    this.lastAccess = e;
  }

  // Channels, locks and what else has waiters or obligations order tasks by
  // design; other objects are the program's data, where a conflict that nothing
  // orders is a race.
  sortConflicts() {
    const data = this.conflicts.filter((c) => !this.orderers.has(c.object));
    const ordered = orderedConflicts(this.m, data, this.orderers);
    for (const conflict of this.conflicts) {
      const {object, from, to} = conflict;
      const isMessage = this.messageSteps.has(this.m.stepOf[from.event]);
      const type = !this.orderers.has(object) ?
          (ordered.has(conflict) ? ARROW.order : ARROW.access) :
          isMessage ? ARROW.message : ARROW.order;
      this.arrow(type, from.task, to.task, from.event, to.event);
    }
  }
  noteOrderers() {
    for (const object of this.stepObjects) this.orderers.add(object);
  }

  finish() {
    const m = this.m;
    this.sortConflicts();
    const last = m.count - 1;
    const isEnd = m.first + m.count === m.trace.total &&
        m.trace.summary !== null;
    m.stuck = [];
    for (const lane of m.tasks.values()) {
      if (lane.done >= 0 || lane.state === STATE.running) continue;
      const never = isEnd && lane.state === STATE.waiting;
      lane.segments.push(never ? STATE.stuck : lane.state, lane.since, last);
      lane.isStuck = never;
      if (never) m.stuck.push(lane);
    }
    m.stuck.sort((a, b) => a.task - b.task);
  }
}
