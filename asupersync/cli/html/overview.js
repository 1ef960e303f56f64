// The whole run in a strip: each lane a line, the part on the screen a frame.
// Drawn once; a frame only copies it.

class Overview {
  constructor(canvas, view, state, onMove) {
    this.canvas = canvas;
    this.view = view;
    this.state = state;
    this.picture = document.createElement('canvas');
    this.onMove = onMove;
    this.isStale = true;
    canvas.addEventListener('pointerdown', (event) => this.drag(event));
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) this.drag(event);
    });
  }

  resize(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.width = width;
    this.height = height;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    }
    this.isStale = true;
  }

  // A view of everything, for its coordinates.
  whole() {
    const {view} = this;
    const [from, to] = view.range();
    const whole = Object.create(view);
    whole.left = from;
    whole.width = Math.max(this.width - view.labels, 1);
    whole.scale = whole.width / (to - from);
    return whole;
  }

  drawPicture() {
    this.isStale = false;
    const ratio = window.devicePixelRatio || 1;
    const c = this.picture.getContext('2d');
    const theme = this.state.theme;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = theme.panel;
    c.fillRect(0, 0, this.width, this.height);
    c.translate(this.view.labels, 0);
    const whole = this.whole();
    const lanes = this.view.rows.filter((row) => row.type === 'task');
    const size = (this.height - 8) / Math.max(lanes.length, 1);
    lanes.forEach((row, i) => {
      const {model, lane} = row;
      const y = 4 + i * size;
      c.fillStyle = LANE_COLORS[lane.color];
      for (let s = 0; s < lane.steps.length;) {
        const [from, to] = whole.stepPx(model, lane.steps[s]);
        const x = Math.floor(from);
        c.fillRect(from, y, Math.max(to - from, 1), Math.max(size - 1, 1));
        s = to - from < 1 ?
            Math.max(whole.stepAt(model, lane, x + 1, s), s + 1) : s + 1;
      }
    });
    for (const mark of this.state.marks) {
      if (mark.px === null || mark.model.count === 0) continue;
      const px = whole.eventPx(mark.model, Math.max(mark.event, 0));
      c.fillStyle = mark.isBad ? theme.bad : theme.text;
      c.fillRect(px - 1, 0, 2, this.height);
    }
  }

  paint() {
    if (this.isStale) this.drawPicture();
    const {view} = this;
    const c = this.canvas.getContext('2d');
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.drawImage(this.picture, 0, 0);
    const ratio = window.devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    const theme = this.state.theme;
    c.font = '11px system-ui, sans-serif';
    c.textBaseline = 'middle';
    c.fillStyle = theme.faint;
    c.fillText('overview', 8, this.height / 2);
    const whole = this.whole();
    const from = view.labels + (view.left - whole.left) * whole.scale;
    const width = view.width / view.scale * whole.scale;
    const left = Math.max(from, view.labels);
    const right = Math.min(from + width, this.width);
    c.fillStyle = theme.select;
    c.globalAlpha = 0.12;
    c.fillRect(left, 0, right - left, this.height);
    c.globalAlpha = 1;
    c.strokeStyle = theme.select;
    c.lineWidth = 1.5;
    c.strokeRect(left + 0.75, 0.75, Math.max(right - left - 1.5, 2),
                 this.height - 1.5);
  }

  drag(event) {
    this.canvas.setPointerCapture(event.pointerId);
    const whole = this.whole();
    const unit = whole.left + (event.offsetX - this.view.labels) / whole.scale;
    this.view.left = unit - this.view.width / this.view.scale / 2;
    this.view.clamp();
    this.onMove();
  }
}
