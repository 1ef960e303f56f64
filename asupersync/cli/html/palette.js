// Okabe and Ito's colours, which colour-blind people tell apart. Vermilion is
// kept for what went wrong; nothing is told by colour alone.

const LANE_COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9',
  '#f0e442'];
const ON_LANE = ['#ffffff', '#000000', '#000000', '#000000', '#000000',
  '#000000'];
const BAD = '#d55e00';

function themeOf(isDark) {
  return isDark ? {
    back: '#14171b', panel: '#1d2127', line: '#363d47', grid: '#23282f',
    text: '#e6e9ee', faint: '#a0a9b5', bad: '#f0803c', ready: '#5d6875',
    wait: '#7d8895', region: '#191d22', arrow: '#b4bdc8', select: '#56b4e9',
    match: '#f0e442', hatch: '#f0803c', differ: '#221a2b', mark: '#ffffff',
    edge: '#00000000',
  } : {
    back: '#ffffff', panel: '#f5f6f8', line: '#d4d8de', grid: '#eceef1',
    text: '#1b1f24', faint: '#5a6472', bad: '#d55e00', ready: '#b9c0c9',
    wait: '#8a94a1', region: '#f5f6f8', arrow: '#4a535f', select: '#0072b2',
    match: '#8a6d00', hatch: '#d55e00', differ: '#f8f1fb', mark: '#000000',
    edge: '#00000040',
  };
}

// Gives tasks that are the same in both traces the same colour.
function colorTasks(models, same) {
  const ids = (model) => [...model.tasks.keys()].sort((a, b) => a - b);
  let next = 0;
  for (const task of ids(models[0])) {
    models[0].tasks.get(task).color = next++ % LANE_COLORS.length;
  }
  if (models.length < 2) return;
  const inA = new Map(same);
  for (const task of ids(models[1])) {
    const twin = models[0].tasks.get(inA.get(task));
    models[1].tasks.get(task).color =
        twin === undefined ? next++ % LANE_COLORS.length : twin.color;
  }
}
