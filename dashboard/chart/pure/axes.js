// The axes: what can stay as it is drawn when a figure with other axes comes.

export const isAxis = (name) => /^[xy]axis\d*$/.test(name);

const MOVING = new Set(["range", "dtick"]); // what new curves change about an axis
const OVERHANG = 0.05; // so much of an axis may be missing while the hand moves

/** What must stay the same for what Plotly has drawn to be of use. */
export function structureOf(figure) {
  const names = Object.keys(figure.layout).filter(isAxis);
  const axes = names.map((name) => [name, figure.layout[name].type, figure.layout[name].domain]);
  const traces = figure.data.map((t) => [t.name, t.type, t.mode, t.fill, t.visible, t.line?.shape]);
  return JSON.stringify([axes, traces]);
}

/**
 * Whether what fits on the axes and on the colour scale of one layout fits on those of another.
 * `isFree` tells which axes do not matter.
 */
export function fitsOn(drawn, wanted, isFree) {
  const covers = ([from, to], [low, high]) => {
    const spare = OVERHANG * (to - from);
    return low >= from - spare && high <= to + spare;
  };
  return Object.keys(wanted).every((name) => {
    const [here, there] = [drawn[name] ?? {}, wanted[name]];
    if (name.startsWith("coloraxis")) return covers([here.cmin, here.cmax], [there.cmin, there.cmax]);
    return !isAxis(name) || isFree(name) || !there.range || (here.range && covers(here.range, there.range));
  });
}

/** Whether two ranges are seen as one, or two steps between ticks are the same. */
function isSeenAsOne(part, from, to) {
  if (part !== "range" || !from || !to) return String(from) === String(to);
  const least = 1e-6 * Math.abs(from[1] - from[0]);
  return from.every((end, n) => Math.abs(end - to[n]) <= least);
}

/** What turns the axes of one layout into those of another; null if they differ in more than that. */
export function axisMoves(drawn, wanted) {
  const rest = (layout) => JSON.stringify(layout, (key, value) => (MOVING.has(key) ? undefined : value));
  if (rest(drawn) !== rest(wanted)) return null;
  const moves = {};
  for (const name of Object.keys(wanted).filter(isAxis)) {
    for (const part of MOVING) {
      const [from, to] = [drawn[name][part], wanted[name][part]];
      if (!isSeenAsOne(part, from, to)) moves[`${name}.${part}`] = to ?? null;
    }
  }
  return moves;
}
