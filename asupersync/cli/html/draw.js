// Paints what the view shows. Work per frame depends on the pixels and the
// lanes on the screen, not on the trace: what is narrower than a pixel is
// drawn together, and found by binary search.

const ARROWS_MAX = 600;       // more are no picture any more
const GLYPH_PX = 13;          // least distance between two signs of a lane
const DETAIL_SCALE = 16;      // pixels per step from which signs are drawn

class Painter {
  constructor(canvas, view, state) {
    this.canvas = canvas;
    this.view = view;
    this.state = state;
    this.c = canvas.getContext('2d');
    this.counters = {frames: 0, lastMs: 0, bars: 0, lines: 0, arrows: 0,
      signs: 0, arrowsHidden: 0};
  }

  paint() {
    const begin = performance.now();
    const {c, view} = this;
    this.theme = this.state.theme;
    const ratio = window.devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.theme.back;
    c.fillRect(0, 0, view.labels + view.width, view.height);
    Object.assign(this.counters,
        {bars: 0, lines: 0, arrows: 0, signs: 0, arrowsHidden: 0});
    const [first, end] = view.visibleRows();
    this.clip(() => {
      this.bands(first, end);
      this.differences(first, end);
      this.grid();
      for (let i = first; i < end; ++i) this.row(view.rows[i]);
      this.arrows();
      for (let i = first; i < end; ++i) this.signs(view.rows[i]);
      this.marks();
      this.selection();
    });
    this.labels(first, end);
    this.ruler();
    ++this.counters.frames;
    this.counters.lastMs = performance.now() - begin;
  }

  // Draws the lanes' part only, with x = 0 at its left edge.
  clip(draw) {
    const {c, view} = this;
    c.save();
    c.beginPath();
    c.rect(view.labels, RULER, view.width, view.height - RULER);
    c.clip();
    c.translate(view.labels, 0);
    draw();
    c.restore();
  }

  bands(first, end) {
    const {c, view, theme} = this;
    for (let i = first; i < end; ++i) {
      const row = view.rows[i];
      const y = view.rowY(row);
      if (row.type === 'region') {
        c.fillStyle = theme.region;
        c.fillRect(0, y, view.width, row.height);
      }
      c.fillStyle = theme.grid;
      c.fillRect(0, y + row.height - 1, view.width, 1);
    }
  }

  // Of each lane, what lies right of its first event that the other trace does
  // not have.
  differences(first, end) {
    const {c, view, theme, state} = this;
    c.fillStyle = theme.differ;
    for (let i = first; i < end; ++i) {
      const row = view.rows[i];
      if (row.lane === undefined || row.lane.differs < 0) continue;
      const at = state.before(row.model, row.model.first + row.lane.differs)();
      if (at >= view.width) continue;
      const left = Math.max(at, 0);
      c.fillRect(left, view.rowY(row), view.width - left, row.height - 1);
    }
  }

  // Ticks of the axis: [px, text].
  ticks() {
    const {view} = this;
    const size = niceSize(90 / view.scale, view.axis === 'steps');
    const ticks = [];
    const last = view.left + view.width / view.scale;
    for (let i = Math.ceil(view.left / size); i * size <= last; ++i) {
      const unit = i * size;
      if (unit < 0) continue;
      const px = (unit - view.left) * view.scale;
      ticks.push([px, view.axis === 'steps' ? this.tickText(unit) :
          durationText(unit)]);
    }
    return ticks;
  }
  tickText(step) {
    const model = this.view.models.find((m) => step < m.stepTask.length);
    return model === undefined ? '' :
        'step ' + model.tick[model.stepFirst[step]];
  }

  grid() {
    const {c, view, theme} = this;
    c.fillStyle = theme.grid;
    for (const [px] of this.ticks()) {
      c.fillRect(Math.round(px), RULER, 1, view.height);
    }
  }

  row(row) {
    if (row.type === 'region') return this.regionSpan(row);
    if (row.type !== 'task') return;
    this.segments(row);
    this.bars(row);
  }

  regionSpan(row) {
    const {c, view, theme} = this;
    const {model, region} = row;
    if (model.count === 0) return;
    const from = region.created < 0 ? -10 :
        view.eventPx(model, region.created);
    const to = region.closed < 0 ? view.eventPx(model, model.count - 1) + 10 :
        view.eventPx(model, region.closed);
    const y = view.middle(row);
    c.strokeStyle = theme.wait;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(Math.max(from, -10), y + 6);
    c.lineTo(Math.max(from, -10), y);
    c.lineTo(Math.min(to, view.width + 10), y);
    c.lineTo(Math.min(to, view.width + 10), y + 6);
    c.stroke();
    if (region.cancelled >= 0) {
      drawGlyph(c, 'RegionCancelled', view.eventPx(model, region.cancelled), y,
                theme);
    }
  }

  // A pixel is drawn once: lines are skipped until the next pixel.
  segments(row) {
    const {c, view} = this;
    const {model, lane} = row;
    const y = view.middle(row);
    const list = lane.segments;
    let i = 3 * this.segmentAt(model, list, 0);
    let drawn = -1;
    for (; i < list.length; i += 3) {
      const from = list[i + 1] < 0 ? -10 :
          this.statePx(model, lane, list[i + 1]);
      let to = this.statePx(model, lane, list[i + 2]);
      if (from > view.width) break;
      if (list[i] === STATE.stuck) to = Math.max(to + 10, view.width + 10);
      if (to - Math.max(from, drawn) < 1) {
        const next = 3 * this.segmentAt(model, list, Math.floor(drawn) + 1);
        if (next > i + 3) i = next - 3;
        if (to <= drawn) continue;
      }
      this.segment(model, list[i], Math.max(from, -10),
                   Math.min(to, view.width + 10), y, list[i + 1]);
      drawn = to;
      ++this.counters.lines;
    }
    c.setLineDash([]);
  }
  // Where a state that an event begins or ends is drawn: at the edges of the
  // lane's own steps.
  statePx(model, lane, e) {
    const {view} = this;
    const step = model.stepOf[e];
    if (model.between[e] || step < 0 || model.stepTask[step] !== lane.task) {
      return view.eventPx(model, e);
    }
    return view.stepPx(model, step)[e === model.stepFirst[step] ? 0 : 1];
  }
  segmentAt(model, list, px) {
    let low = 0;
    let high = list.length / 3;
    while (low < high) {
      const middle = (low + high) >> 1;
      const end = list[3 * middle + 2];
      const isBefore = list[3 * middle] !== STATE.stuck &&
          this.view.eventPx(model, end) < px;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  segment(model, state, from, to, y, event) {
    const {c, theme} = this;
    if (state === STATE.ready) {
      c.fillStyle = theme.ready;
      c.globalAlpha = 0.55;
      c.fillRect(from, y - 3, Math.max(to - from, 0.6), 6);
      c.globalAlpha = 1;
      return;
    }
    const isStuck = state === STATE.stuck;
    c.strokeStyle = isStuck ? theme.bad : theme.wait;
    c.lineWidth = isStuck ? 2.4 : 1.2;
    c.setLineDash(to - from > 8 ? (isStuck ? [8, 4] : [3, 3]) : []);
    c.beginPath();
    c.moveTo(from, y);
    c.lineTo(to, y);
    c.stroke();
    c.setLineDash([]);
    if (event < 0) return;
    const source = model.sourceLine(model.site[event]);
    const place = model.shortSite(model.site[event]);
    const text = (isStuck ? 'never woken: ' : 'waits: ') +
        (source || model.shortFunction(model.site[event])) + '  ' + place;
    this.textWithin(text, from + 8, to - 12, y - 8,
                    isStuck ? theme.bad : theme.faint, isStuck);
  }

  // Text that is drawn only where a good part of it has room.
  textWithin(text, from, to, y, color, isBold) {
    const {c, view} = this;
    const left = Math.max(from, 4);
    const room = Math.min(to, view.width - 4) - left;
    if (room < 46) return;
    c.font = (isBold ? 'bold ' : '') + '11px system-ui, sans-serif';
    c.fillStyle = color;
    c.textBaseline = 'middle';
    c.fillText(shorten(c, text, room), left, y);
  }

  bars(row) {
    const {c, view, theme} = this;
    const {model, lane} = row;
    const steps = lane.steps;
    const top = view.middle(row) - BAR / 2;
    const color = LANE_COLORS[lane.color];
    const detail = view.scale >= 34 && view.axis === 'steps';
    c.fillStyle = color;
    let i = view.stepAt(model, lane, 0, 0);
    while (i < steps.length) {
      const [from, to] = view.stepPx(model, steps[i]);
      if (from > view.width) break;
      if (to - from < 1) {
        // All that lies in this pixel, as one bar.
        const x = Math.floor(from);
        c.fillRect(x, top, Math.max(to - x, 1.5), BAR);
        i = Math.max(view.stepAt(model, lane, x + 1, i), i + 1);
      } else {
        c.fillRect(from, top, to - from, BAR);
        if (to - from > 6) {
          c.strokeStyle = theme.edge;
          c.lineWidth = 1;
          c.strokeRect(from + 0.5, top + 0.5, to - from - 1, BAR - 1);
        }
        if (detail) {
          this.barText(model, steps[i], from, to, top + BAR / 2, lane.color);
          if (view.hasCaption(row)) this.caption(row, i, from, top + BAR + 9);
          c.fillStyle = color;
        }
        ++i;
      }
      ++this.counters.bars;
    }
  }

  // Below a step, up to the lane's next one: what it does.
  caption(row, i, from, y) {
    const {view, theme} = this;
    const {model, lane} = row;
    const site = model.site[model.stepFirst[lane.steps[i]]];
    const text = model.sourceLine(site) || model.shortFunction(site);
    const end = i + 1 < lane.steps.length ?
        view.stepPx(model, lane.steps[i + 1])[0] - 6 : view.width;
    this.textWithin(text, from + 1, end, y, theme.text, false);
  }

  barText(model, step, from, to, y, color) {
    const {c} = this;
    const e = model.stepFirst[step];
    const signs = model.signsOfStep[step] * GLYPH_PX;
    const room = to - from - 8 - signs;
    c.font = '10.5px system-ui, sans-serif';
    let text = model.shortSite(model.site[e]);
    // The line alone, where that is all that there is room for.
    if (c.measureText(text).width > room) text = text.replace(/^.*:/, ':');
    if (c.measureText(text).width > room) return;
    c.fillStyle = ON_LANE[color];
    c.textBaseline = 'middle';
    c.fillText(text, from + 4, y + 0.5);
  }

  signs(row) {
    if (row.type !== 'task' && row.type !== 'clock') return;
    const {c, view, theme} = this;
    const {model, lane} = row;
    const y = view.middle(row);
    const isClock = row.type === 'clock';
    const detail = view.scale >= DETAIL_SCALE || view.axis !== 'steps';
    const events = isClock ? lane.events : detail ? lane.signs : lane.loud;
    // A sign is at most a bar's width right of its event.
    const isWide = view.axis === 'steps' && view.scale >= 34;
    const margin = isWide ? view.scale : 0;
    let free = -10;  // right edge of the last sign
    const skipTo = (px, i) => lowerBound(
        events, (e) => view.eventPx(model, e) < px - margin, i);
    for (let i = skipTo(free, 0); i < events.length; ++i) {
      const e = events[i];
      const name = model.schema.kinds[model.kind[e] - 1].name;
      const px = this.signPx(model, e);
      if (px > view.width + 10) break;
      if (px < free && !(isClock && free - px < 60)) {
        // Nothing that has room comes before that pixel.
        i = Math.max(i, skipTo(free, i) - 1);
        continue;
      }
      if (isClock) {
        // Signs of one instant stand side by side.
        free = this.clockSign(model, e, name, Math.max(px, free), y);
      } else {
        drawGlyph(c, name, px, y, theme,
                  model.accessSign[e] === 2);
        free = px + (isWide ? 4 : LOUD.has(name) ? 5 : GLYPH_PX);
        if (name === 'UserTrace') this.userText(model, e, px, row);
      }
      ++this.counters.signs;
    }
    if (lane.done >= 0 && lane.task !== NONE) {
      const px = this.endPx(model, lane);
      if (px > -10 && px < view.width + 10) {
        drawOutcome(c, lane.outcome, px + 6, y, theme);
      }
    }
  }

  // Signs of a wide bar stand side by side at its right end.
  signPx(model, e) {
    const {view} = this;
    if (view.axis !== 'steps' || view.scale < 34 || model.between[e]) {
      return view.eventPx(model, e);
    }
    const step = model.stepOf[e];
    const [, to] = view.stepPx(model, step);
    const room = view.scale * 0.8 - 8;
    const all = Math.max(model.signsOfStep[step], 1);
    return to - 8 - model.signsAfter[e] * Math.min(GLYPH_PX, room / all);
  }
  endPx(model, lane) {
    const {view} = this;
    const step = model.stepOf[lane.done];
    if (step >= 0 && !model.between[lane.done]) {
      return view.stepPx(model, step)[1];
    }
    return view.eventPx(model, lane.done);
  }

  clockSign(model, e, name, px, y) {
    const {c, theme} = this;
    c.font = '11px system-ui, sans-serif';
    c.fillStyle = theme.faint;
    c.textBaseline = 'middle';
    if (name === 'TimeAdvanced') {
      const text = '+' + durationText(
          BigInt(model.get(e, 'to_nanos')) -
          BigInt(model.get(e, 'from_nanos')));
      c.fillRect(px - 0.5, y - 7, 1, 14);
      c.fillText(text, px + 4, y);
      return px + 10 + c.measureText(text).width;
    }
    if (GLYPHS[name] !== undefined) {
      drawGlyph(c, name, px, y, theme);
      return px + GLYPH_PX;
    }
    return px;
  }

  // Above the step, where the lane has room.
  userText(model, e, px, row) {
    const {view, theme} = this;
    if (!view.hasCaption(row)) return;
    const lane = model.laneOf(e);
    const i = lowerBound(lane.steps, (step) => step <= model.stepOf[e]);
    const next = i < lane.steps.length ?
        view.stepPx(model, lane.steps[i])[1] : px + 260;
    this.textWithin('\u201c' + model.texts[model.get(e, 'text')] + '\u201d',
                    px - 4, Math.min(next, px + 260),
                    view.middle(row) - BAR / 2 - 6, theme.text, true);
  }

  arrows() {
    const {view, state} = this;
    for (const model of view.models) {
      const first = view.eventAt(model, 0);
      const last = view.eventAt(model, view.width);
      const list = model.arrows;
      // Those that begin far left of the picture and end in it are few, and
      // shown when their event is selected.
      const margin = 2000;
      let i = lowerBound(list, (a) => a.from < first - margin);
      const shown = [];
      let wanted = 0;
      for (; i < list.length && list[i].from <= last; ++i) {
        const arrow = list[i];
        if (arrow.to < first || !state.shownArrows[arrow.type]) continue;
        if (++wanted <= ARROWS_MAX) shown.push(arrow);
        if (wanted > 4 * ARROWS_MAX) break;
      }
      if (wanted > ARROWS_MAX) {
        this.counters.arrowsHidden = wanted;
      } else {
        for (const arrow of shown) this.arrow(model, arrow, false);
      }
      for (const arrow of state.selectedArrows(model)) {
        this.arrow(model, arrow, true);
      }
    }
  }

  arrow(model, arrow, isSelected) {
    const {c, view, theme} = this;
    const from = view.rowOfTask(model, arrow.fromTask);
    const to = view.rowOfTask(model, arrow.toTask);
    if (from === undefined || to === undefined) return;
    const style = ARROW_STYLES[arrow.type];
    const x0 = view.eventPx(model, arrow.from);
    const x1 = view.eventPx(model, arrow.to);
    const sign = to.y > from.y ? 1 : -1;
    const y0 = view.middle(from) + sign * BAR / 2;
    const target = arrow.from === arrow.to ? 4 : BAR / 2;
    const y1 = view.middle(to) - sign * target;
    if (Math.max(y0, y1) < RULER || Math.min(y0, y1) > view.height) return;
    c.strokeStyle = c.fillStyle = isSelected ? theme.select :
        arrowColor(arrow.type, theme);
    c.lineWidth = style.width + (isSelected ? 1.4 : 0);
    c.setLineDash(style.dash);
    c.beginPath();
    c.moveTo(x0, y0);
    let angle = sign * Math.PI / 2;
    if (x0 === x1) {
      c.lineTo(x1, y1 - sign * 5);
    } else {
      const bend = Math.max(Math.abs(y1 - y0) * 0.6, 18);
      c.bezierCurveTo(x0, y0 + sign * bend, x1, y1 - sign * bend,
                      x1, y1 - sign * 5);
    }
    c.stroke();
    c.setLineDash([]);
    if (arrow.type === ARROW.spawn) {
      circle(c, x0, y0, 2.4);
      c.fill();
    }
    drawArrowHead(c, x1, y1, angle, arrow.type === ARROW.message ? 9 : 7.5);
    ++this.counters.arrows;
  }

  // Failures: a line through all lanes of the trace, a flag in the ruler, a sign
  // on the lane. The first difference likewise.
  marks() {
    const {c, view, theme, state} = this;
    for (const mark of state.marks) {
      if (mark.px === null) continue;
      const px = mark.px();
      if (px < -20 || px > view.width + 20) continue;
      c.strokeStyle = mark.isBad ? theme.bad : theme.text;
      c.lineWidth = 1.6;
      c.setLineDash([6, 4]);
      const [top, bottom] = view.modelSpan(mark.model);
      c.beginPath();
      c.moveTo(px, Math.max(top, RULER));
      c.lineTo(px, bottom);
      c.stroke();
      c.setLineDash([]);
      const row = mark.row();
      if (mark.isBad && row !== undefined) {
        drawFailure(c, px, view.middle(row), theme);
      }
    }
  }

  selection() {
    const {c, view, theme, state} = this;
    const {model, event} = state.selected;
    if (model === null) return;
    const px = view.eventPx(model, event);
    const row = view.rowOfLane(model, model.laneOf(event));
    c.strokeStyle = theme.select;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(px, RULER);
    c.lineTo(px, view.height);
    c.stroke();
    if (row === undefined) return;
    const y = view.middle(row);
    c.lineWidth = 2.5;
    const step = model.stepOf[event];
    if (!model.between[event] && step >= 0) {
      const [from, to] = view.stepPx(model, step);
      c.strokeRect(from - 2, y - BAR / 2 - 2, Math.max(to - from, 3) + 4,
                   BAR + 4);
    } else {
      circle(c, px, y, 9);
      c.stroke();
    }
    c.fillStyle = theme.select;
    drawArrowHead(c, px, y - BAR / 2 - 3, Math.PI / 2, 8);
  }

  labels(first, end) {
    const {c, view, theme, state} = this;
    c.fillStyle = theme.back;
    c.fillRect(0, RULER, view.labels, view.height);
    for (let i = first; i < end; ++i) {
      const row = view.rows[i];
      const y = view.rowY(row);
      if (row.type === 'region') {
        c.fillStyle = theme.region;
        c.fillRect(0, y, view.labels, row.height);
      }
      this.label(row, view.middle(row), state);
      c.fillStyle = theme.grid;
      c.fillRect(0, y + row.height - 1, view.labels, 1);
    }
    c.fillStyle = theme.line;
    c.fillRect(view.labels - 1, 0, 1, view.height);
  }

  label(row, y, state) {
    const {c, view, theme} = this;
    const left = 8 + Math.min(row.depth, 10) * 12;
    const room = view.labels - left - 10;
    c.textBaseline = 'middle';
    if (row.type === 'title') {
      c.fillStyle = theme.line;
      c.fillRect(0, y - row.height / 2, view.labels + view.width, row.height);
      c.font = 'bold 12px system-ui, sans-serif';
      c.fillStyle = theme.text;
      c.fillText(shorten(c, row.title, view.labels + view.width - 16), 8, y);
    } else if (row.type === 'clock') {
      c.font = '12px system-ui, sans-serif';
      c.fillStyle = theme.faint;
      c.fillText('clock and timers', left, y);
    } else if (row.type === 'region') {
      c.font = '12px system-ui, sans-serif';
      c.fillStyle = theme.faint;
      polygon(c, row.isCollapsed ?
          [[left, y - 4], [left + 6, y], [left, y + 4]] :
          [[left, y - 3], [left + 8, y - 3], [left + 4, y + 3]]);
      c.fill();
      c.fillText(shorten(c, 'region ' + row.model.regionName(row.region.number),
                         room - 14), left + 14, y);
    } else {
      this.taskLabel(row, left, y, room, state);
    }
  }

  taskLabel(row, left, y, room, state) {
    const {c, theme} = this;
    const {lane} = row;
    c.fillStyle = LANE_COLORS[lane.color];
    c.fillRect(left, y - 6, 5, 12);
    const isSelected = state.selected.model === row.model &&
        row.model.laneOf(state.selected.event) === lane;
    const isStuck = lane.isStuck;
    c.font = (isSelected ? 'bold ' : '') + '12px system-ui, sans-serif';
    c.fillStyle = isStuck ? theme.bad : theme.text;
    const number = 'T' + lane.task;
    const text = (lane.name === '' ? number : number + '  ' + lane.name) +
        (isStuck ? '  \u26a0' : '');
    c.fillText(shorten(c, text, room - 12), left + 12, y);
  }

  ruler() {
    const {c, view, theme, state} = this;
    c.fillStyle = theme.panel;
    c.fillRect(0, 0, view.labels + view.width, RULER);
    c.fillStyle = theme.line;
    c.fillRect(0, RULER - 1, view.labels + view.width, 1);
    c.save();
    c.beginPath();
    c.rect(view.labels, 0, view.width, RULER);
    c.clip();
    c.translate(view.labels, 0);
    c.font = '11px system-ui, sans-serif';
    c.textBaseline = 'middle';
    for (const [px, text] of this.ticks()) {
      c.fillStyle = theme.wait;
      c.fillRect(Math.round(px), RULER - 6, 1, 5);
      c.fillStyle = theme.faint;
      c.fillText(text, px + 3, 10);
    }
    this.matchTicks();
    for (const mark of state.marks) {
      if (mark.px === null) continue;
      const px = mark.px();
      if (px < -20 || px > view.width + 120) continue;
      if (mark.isBad) {
        drawFlag(c, px, 13, theme);
      } else {
        // Left of its line: flags stand right of theirs.
        c.font = 'bold 11px system-ui, sans-serif';
        c.fillStyle = theme.text;
        const size = c.measureText(mark.short).width;
        c.fillText(mark.short, px > size + 6 ? px - size - 4 : px + 4, 19);
      }
    }
    c.restore();
    c.font = '11px system-ui, sans-serif';
    c.fillStyle = theme.faint;
    c.textBaseline = 'middle';
    c.fillText(view.axis === 'steps' ? 'steps, in their order' :
        'virtual time', 8, RULER / 2);
  }

  // Where the matches of the search are.
  matchTicks() {
    const {c, view, theme, state} = this;
    c.fillStyle = theme.match;
    for (const {model, events} of state.matches()) {
      let i = lowerBound(events, (e) => view.eventPx(model, e) < 0);
      let drawn = -1;
      for (let n = 0; i < events.length && n < 4000; ++n) {
        const px = Math.round(view.eventPx(model, events[i]));
        if (px > view.width) break;
        if (px !== drawn) c.fillRect(px - 1, RULER - 9, 3, 8);
        drawn = px;
        i = Math.max(i + 1, lowerBound(
            events, (e) => view.eventPx(model, e) < px + 1));
      }
    }
  }
}

// The first index, from `low` on, of the sorted list for which `isBefore` does
// not hold.
function lowerBound(list, isBefore, low = 0) {
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

// 1, 2 or 5 times a power of ten, at least `least`.
function niceSize(least, isWhole) {
  let size = Math.pow(10, Math.floor(Math.log10(least)));
  if (isWhole) size = Math.max(size, 1);
  for (const factor of [1, 2, 5, 10]) {
    if (size * factor >= least) return size * factor;
  }
  return size * 10;
}

// The text, or as much of it as has room, with an ellipsis.
function shorten(c, text, room) {
  if (text.length > 400) text = text.slice(0, 400);
  if (c.measureText(text).width <= room) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const width = c.measureText(text.slice(0, middle) + '\u2026').width;
    if (width <= room) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low) + '\u2026';
}
