// The legend: only what occurs in the page, drawn by the same functions as the
// picture.

function showLegend(models, view, painter, state) {
  const items = [
    [(c, t) => { c.fillStyle = LANE_COLORS[0]; c.fillRect(3, 3, 24, 10); },
      'step (runs)'],
    [(c, t) => { c.globalAlpha = 0.55; c.fillStyle = t.ready;
      c.fillRect(2, 5, 26, 6); }, 'ready, not running'],
    [(c, t) => dashed(c, t.wait, 1.2, [3, 3]), 'waits'],
  ];
  if (models.some((m) => m.stuck.length > 0)) {
    items.push([(c, t) => dashed(c, t.bad, 2.4, [8, 4]), 'never woken']);
  }
  const arrows = new Set(models.flatMap((m) => m.arrows.map((a) => a.type)));
  ARROW_STYLES.forEach((style, type) => {
    if (arrows.has(type)) {
      items.push([(c, t) => legendArrow(c, style, type, t), style.name]);
    }
  });
  if (state.marks.some((m) => m.isBad && m.px !== null)) {
    items.push([(c, t) => drawFailure(c, 15, 8, t), 'failed check']);
  }
  if (models.some((m) => [...m.tasks.values()].some((l) => l.done >= 0))) {
    items.push([(c, t) => drawOutcome(c, 0, 15, 8, t),
      'end (E: error, C: cancelled, P: panicked)']);
  }
  const kinds = new Set();
  for (const model of models) {
    for (let e = 0; e < model.count; ++e) kinds.add(model.kind[e]);
  }
  const words = new Set();
  for (const kind of [...kinds].sort((a, b) => a - b)) {
    const name = models[0].schema.kinds[kind - 1].name;
    const word = GLYPHS[name];
    if (word === undefined || words.has(word)) continue;
    words.add(word);
    // On a bar, as in the picture.
    items.push([(c, t) => {
      c.fillStyle = LANE_COLORS[4];
      c.fillRect(6, 0, 18, 16);
      drawGlyph(c, name, 15, 8, t, true);
    }, word]);
  }
  replaceChildren(byId('legend'), ...items.map(([draw, text]) =>
      legendItem(draw, text, state.theme)));
}

function dashed(c, color, width, dash) {
  c.strokeStyle = color;
  c.lineWidth = width;
  c.setLineDash(dash);
  c.beginPath();
  c.moveTo(2, 8);
  c.lineTo(28, 8);
  c.stroke();
  c.setLineDash([]);
}

function legendArrow(c, style, type, theme) {
  dashed(c, arrowColor(type, theme), style.width, style.dash);
  c.fillStyle = arrowColor(type, theme);
  drawArrowHead(c, 29, 8, 0, 8);
}

function legendItem(draw, text, theme) {
  const ratio = window.devicePixelRatio || 1;
  const canvas = element('canvas', {width: String(30 * ratio),
    height: String(16 * ratio), 'aria-hidden': 'true'});
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  draw(c, theme);
  return element('span', {}, canvas, text);
}
