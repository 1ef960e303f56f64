// Finds events by their text, in slices of time so that typing stays smooth.

const SLICE_MS = 10;

class Search {
  constructor(models, onChange) {
    this.models = models;
    this.onChange = onChange;
    this.query = '';
    this.isDone = true;
    this.matches = [];  // {model, events} with ascending events
    this.timer = 0;
  }

  start(query) {
    clearTimeout(this.timer);
    this.query = query.trim().toLowerCase();
    this.matches = this.models.map((model) => ({model, events: []}));
    this.at = {model: 0, event: 0};
    this.isDone = this.query === '';
    if (this.isDone) this.matches = [];
    else this.slice();
    this.onChange();
  }

  slice() {
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      const model = this.models[this.at.model];
      if (model === undefined) {
        this.isDone = true;
        break;
      }
      const last = Math.min(this.at.event + 500, model.count);
      const events = this.matches[this.at.model].events;
      for (let e = this.at.event; e < last; ++e) {
        if (model.searchText(e).toLowerCase().includes(this.query)) {
          events.push(e);
        }
      }
      this.at.event = last;
      if (last === model.count) this.at = {model: this.at.model + 1, event: 0};
    }
    if (this.isDone) return this.onChange();
    this.timer = setTimeout(() => {
      this.slice();
      this.onChange();
    }, 0);
  }

  count() { return this.matches.reduce((n, m) => n + m.events.length, 0); }

  // The match after (direction 1) or before (-1) a place, around the end.
  next(selected, direction) {
    const all = this.matches.filter((m) => m.events.length > 0);
    if (all.length === 0) return null;
    const at = all.findIndex((m) => m.model === selected.model);
    const {model, events} = all[Math.max(at, 0)];
    const bound = at < 0 ? (direction > 0 ? -1 : Infinity) : selected.event;
    const i = direction > 0 ? lowerBound(events, (e) => e <= bound) :
        lowerBound(events, (e) => e < bound) - 1;
    if (i >= 0 && i < events.length) return {model, event: events[i]};
    const other = all[(Math.max(at, 0) + direction + all.length) % all.length];
    return {model: other.model, event: direction > 0 ? other.events[0] :
        other.events[other.events.length - 1]};
  }

  // Of the selected match, counted from 1; 0 if it is none.
  rank(selected) {
    let before = 0;
    for (const {model, events} of this.matches) {
      if (model === selected.model) {
        const i = lowerBound(events, (e) => e < selected.event);
        return events[i] === selected.event ? before + i + 1 : 0;
      }
      before += events.length;
    }
    return 0;
  }
}
