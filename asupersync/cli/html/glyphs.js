// The signs that stand for events: shapes first, colours second.

// Kinds that have a sign, and the words for the legend.
const GLYPHS = {
  UserTrace: 'trace text',
  ObligationReserved: 'reserved',
  ObligationCommitted: 'committed',
  ObligationAborted: 'aborted',
  Choice: 'choice',
  ChaosInjection: 'injected fault',
  TaskCancelRequested: 'cancel requested',
  TimerCreated: 'timer set',
  TimerFired: 'timer fired',
  TimerCancelled: 'timer cancelled',
  RngValue: 'random value',
  ObjectAccessed: 'access (black: write)',
  IoReady: 'I/O',
  IoResult: 'I/O',
  IoError: 'I/O error',
  RegionCancelled: 'region cancelled',
};
// Those that are drawn however small everything else is.
const LOUD = new Set(['ChaosInjection', 'TaskCancelRequested']);

function circle(c, x, y, r) {
  c.beginPath();
  c.arc(x, y, r, 0, 2 * Math.PI);
}

function polygon(c, points) {
  c.beginPath();
  points.forEach(([x, y], i) => i === 0 ? c.moveTo(x, y) : c.lineTo(x, y));
  c.closePath();
}

function cross(c, x, y, r) {
  c.beginPath();
  c.moveTo(x - r, y - r);
  c.lineTo(x + r, y + r);
  c.moveTo(x + r, y - r);
  c.lineTo(x - r, y + r);
  c.stroke();
}

// A filled or hollow shape with an edge that is seen on every colour.
function paint(c, isFull, theme) {
  c.fillStyle = isFull ? '#000000' : '#ffffff';
  c.strokeStyle = isFull ? '#ffffff' : '#000000';
  c.lineWidth = 1.2;
  c.fill();
  c.stroke();
}

function drawClock(c, x, y, r, isFull, theme) {
  circle(c, x, y, r);
  paint(c, isFull, theme);
  c.strokeStyle = isFull ? '#ffffff' : '#000000';
  c.beginPath();
  c.moveTo(x, y - r * 0.6);
  c.lineTo(x, y);
  c.lineTo(x + r * 0.55, y);
  c.stroke();
}

// `full`: of an access, whether it writes.
function drawGlyph(c, kind, x, y, theme, full) {
  const r = 4.2;
  switch (kind) {
    case 'UserTrace':
      polygon(c, [[x - r, y - r], [x + r, y - r], [x + r, y + r * 0.5],
        [x, y + r * 0.5], [x - r * 0.5, y + r * 1.2], [x - r * 0.5,
          y + r * 0.5], [x - r, y + r * 0.5]]);
      return paint(c, false, theme);
    case 'ObligationReserved':
      circle(c, x, y, r * 0.85);
      return paint(c, false, theme);
    case 'ObligationCommitted':
      circle(c, x, y, r * 0.85);
      return paint(c, true, theme);
    case 'ObligationAborted':
      circle(c, x, y, r);
      paint(c, false, theme);
      c.strokeStyle = '#000000';
      return cross(c, x, y, r * 0.5);
    case 'Choice':
      polygon(c, [[x, y - r * 1.1], [x + r, y], [x, y + r * 1.1], [x - r, y]]);
      return paint(c, false, theme);
    case 'ChaosInjection':
      polygon(c, [[x + 1, y - 8], [x - 5, y + 1.5], [x - 0.8, y + 1.5],
        [x - 2, y + 8], [x + 5, y - 2], [x + 0.8, y - 2], [x + 3, y - 8]]);
      c.fillStyle = '#f0e442';
      c.strokeStyle = '#000000';
      c.lineWidth = 1.3;
      c.fill();
      return c.stroke();
    case 'TaskCancelRequested':
    case 'RegionCancelled':
      c.fillStyle = '#000000';
      c.strokeStyle = '#ffffff';
      c.lineWidth = 1;
      c.fillRect(x - r, y - r, 2 * r, 2 * r);
      c.strokeRect(x - r, y - r, 2 * r, 2 * r);
      c.lineWidth = 1.6;
      return cross(c, x, y, r * 0.55);
    case 'TimerCreated': return drawClock(c, x, y, r, false, theme);
    case 'TimerFired': return drawClock(c, x, y, r, true, theme);
    case 'TimerCancelled':
      drawClock(c, x, y, r, false, theme);
      return cross(c, x, y, r);
    case 'RngValue':
      c.fillStyle = '#ffffff';
      c.strokeStyle = '#000000';
      c.lineWidth = 1.2;
      c.fillRect(x - 3.2, y - 3.2, 6.4, 6.4);
      c.strokeRect(x - 3.2, y - 3.2, 6.4, 6.4);
      c.fillStyle = '#000000';
      c.fillRect(x - 1, y - 1, 2, 2);
      return;
    case 'ObjectAccessed':
      polygon(c, [[x - r, y - r * 0.8], [x + r, y - r * 0.8], [x, y + r]]);
      return paint(c, full, theme);
    default:  // I/O
      c.fillStyle = '#ffffff';
      c.strokeStyle = '#000000';
      c.lineWidth = 1.2;
      c.fillRect(x - 4, y - 2.5, 8, 5);
      c.strokeRect(x - 4, y - 2.5, 8, 5);
      if (kind === 'IoError') cross(c, x, y, 2.5);
  }
}

// How a task ended, as a letter in a box: colour alone would not tell.
const OUTCOMES = ['\u2713', 'E', 'C', 'P'];
function drawOutcome(c, outcome, x, y, theme) {
  const isGood = outcome === 0;
  c.fillStyle = isGood ? theme.back : outcome === 2 ? '#000000' : BAD;
  c.strokeStyle = isGood ? theme.text : theme.back;
  c.lineWidth = 1.2;
  c.fillRect(x - 5.5, y - 6.5, 11, 13);
  c.strokeRect(x - 5.5, y - 6.5, 11, 13);
  c.fillStyle = isGood ? theme.text : '#ffffff';
  c.font = 'bold 10px system-ui, sans-serif';
  c.textAlign = 'center';
  c.textBaseline = 'middle';
  c.fillText(OUTCOMES[outcome] || '?', x, y + 0.5);
  c.textAlign = 'left';
}

function drawFlag(c, x, y, theme) {
  c.fillStyle = theme.bad;
  polygon(c, [[x, y], [x + 11, y + 4.5], [x, y + 9]]);
  c.fill();
}

// The sign of a failed check on its lane.
function drawFailure(c, x, y, theme) {
  circle(c, x, y, 8);
  c.fillStyle = BAD;
  c.strokeStyle = '#ffffff';
  c.lineWidth = 2;
  c.fill();
  c.stroke();
  c.lineWidth = 2.2;
  cross(c, x, y, 3.2);
}

const ARROW_STYLES = [
  {name: 'wakes', dash: [], width: 1.2},
  {name: 'spawns', dash: [2, 3], width: 1.2},
  {name: 'message', dash: [], width: 2.2},
  {name: 'ends and wakes', dash: [7, 3], width: 1.2},
  {name: 'cancels', dash: [5, 2, 1, 2], width: 1.4},
  {name: 'unordered conflict', dash: [], width: 1.8},
  {name: 'ordered access', dash: [1, 3], width: 1.4},
];

function arrowColor(type, theme) {
  return type === ARROW.cancel ? theme.text :
      type === ARROW.access ? theme.bad : theme.arrow;
}

function drawArrowHead(c, x, y, angle, size) {
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(x - size * Math.cos(angle - 0.42), y - size * Math.sin(angle - 0.42));
  c.lineTo(x - size * Math.cos(angle + 0.42), y - size * Math.sin(angle + 0.42));
  c.closePath();
  c.fill();
}
