// The axes: what a hand has zoomed stays as it is, and axes that move need no new drawing of all.

const isAxis = (name) => /^[xy]axis\d*$/.test(name);
const MOVING = new Set(["range", "dtick"]); // what new curves change about an axis

/** The ranges that were chosen by hand. They hold until the figure shows something else. */
class Zoom {
  constructor() {
    this.ranges = {};
  }

  /** Plotly says what was changed by hand: the ends of some axes. Ours come as whole ranges. */
  take(changes, layout) {
    const ends = Object.keys(changes).map((key) => /^([xy]axis\d*)\.range\[/.exec(key)?.[1]);
    for (const name of ends.filter(Boolean)) this.ranges[name] = [...layout[name].range];
    return ends.some(Boolean);
  }

  has(name) {
    return name in this.ranges;
  }

  forget() {
    this.ranges = {};
  }

  /** Put the ranges into a layout that is about to be drawn; the ticks are then Plotly's choice. */
  applyTo(layout) {
    if (layout.uirevision !== this.revision) this.forget();
    this.revision = layout.uirevision;
    layout.uirevision = false; // Plotly's own memory ends where the figure changes a range
    for (const [name, range] of Object.entries(this.ranges)) {
      if (!layout[name]) continue;
      layout[name] = { ...layout[name], range: [...range], autorange: false };
      delete layout[name].dtick;
    }
    return layout;
  }
}

/** Whether two ranges are seen as one, or two steps between ticks are the same. */
function isSeenAsOne(part, from, to) {
  if (part !== "range" || !from || !to) return String(from) === String(to);
  const least = 1e-6 * Math.abs(from[1] - from[0]);
  return from.every((end, n) => Math.abs(end - to[n]) <= least);
}

/** What turns the axes of one layout into those of another; null if they differ in more than that. */
function axisMoves(drawn, wanted) {
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
