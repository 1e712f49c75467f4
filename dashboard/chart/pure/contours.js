// The lines of equal height of a map.

import { clampPixel } from "./geometry.js";

const DONE = -2; // in place of a neighbour: the edge has been drawn

/** The lines of a trace of contours at all its levels, as one path. */
export function contourPath({ z, x, y, contours: { start, end, size } }, { toX, toY }) {
  const lines = new Contours(z, Array.from(x, toX), Array.from(y, toY));
  let path = "";
  for (let level = start; level < end + size / 10; level += size) path += lines.at(level);
  return path;
}

/**
 * Marching squares, piece joined to piece. An edge of the grid is 2 (row width + column), plus 1 if
 * it goes to the next row.
 */
class Contours {
  /** `z` by rows; `xs` and `ys` are pixels. */
  constructor(z, xs, ys) {
    Object.assign(this, { z, xs, ys, width: xs.length });
    const size = 2 * xs.length * ys.length;
    this.joined = [new Int32Array(size).fill(-1), new Int32Array(size).fill(-1)];
    this.ends = z.map((row) => this.endsOf(row));
  }

  endsOf(row) {
    let [least, most] = [Infinity, -Infinity];
    for (const value of row) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return [least, most];
  }

  /** The lines on which z is `level`, as a path. */
  at(level) {
    const edges = this.cut(level);
    const [next, last] = this.joined;
    this.path = "";
    for (const edge of edges) if (last[edge] < 0) this.follow(edge, level); // open lines first
    for (const edge of edges) this.follow(edge, level);
    for (const edge of edges) next[edge] = last[edge] = -1;
    return this.path;
  }

  /** Join the edges that the lines cross, two in each cell; all edges that are crossed. */
  cut(level) {
    const { z, ends, width } = this;
    const [next, last] = this.joined;
    const edges = [];
    const reach = (from, to) => {
      if (next[from] < 0) {
        next[from] = to;
        edges.push(from);
      } else last[from] = to;
    };
    const join = (a, b) => {
      reach(a, b);
      reach(b, a);
    };
    for (let r = 0; r + 1 < z.length; r++) {
      // What is at the level itself is below it, as with Plotly.
      if (!(Math.max(ends[r][1], ends[r + 1][1]) > level)) continue;
      if (Math.min(ends[r][0], ends[r + 1][0]) > level) continue;
      const [below, above] = [z[r], z[r + 1]];
      for (let c = 0; c + 1 < width; c++) {
        const high = (below[c] > level) + 2 * (below[c + 1] > level) + 4 * (above[c + 1] > level) + 8 * (above[c] > level);
        if (high === 0 || high === 15) continue;
        const sum = below[c] + below[c + 1] + above[c] + above[c + 1];
        if (!Number.isFinite(sum)) continue;
        const bottom = 2 * (r * width + c);
        const [right, top, left] = [bottom + 3, bottom + 2 * width, bottom + 1];
        if (high === 5 || high === 10) {
          // A saddle: its middle tells which corners the lines cut off.
          if ((sum / 4 > level) === (high === 5)) {
            join(left, top);
            join(bottom, right);
          } else {
            join(left, bottom);
            join(top, right);
          }
        } else {
          const cut = [];
          if ((high & 1) !== (high >> 1 & 1)) cut.push(bottom);
          if ((high >> 1 & 1) !== (high >> 2 & 1)) cut.push(right);
          if ((high >> 2 & 1) !== (high >> 3 & 1)) cut.push(top);
          if ((high >> 3 & 1) !== (high & 1)) cut.push(left);
          join(cut[0], cut[1]);
        }
      }
    }
    return edges;
  }

  /** Add the line that begins at an edge, unless it is there. */
  follow(first, level) {
    const [next, last] = this.joined;
    let command = "M";
    let [edge, before] = [first, -1];
    while (edge >= 0 && next[edge] !== DONE) {
      const onward = next[edge] === before ? last[edge] : next[edge];
      next[edge] = DONE;
      this.path += command + this.pointOn(edge, level);
      command = "L";
      [edge, before] = [onward, edge];
    }
    if (edge === first && command === "L") this.path += "Z";
  }

  pointOn(edge, level) {
    const { z, xs, ys, width } = this;
    const cell = edge >> 1;
    const [r, c] = [Math.floor(cell / width), cell % width];
    const [r1, c1] = edge & 1 ? [r + 1, c] : [r, c + 1];
    const share = (level - z[r][c]) / (z[r1][c1] - z[r][c]);
    const along = (values, from, to) => clampPixel(values[from] + share * (values[to] - values[from]));
    return `${along(xs, c, c1)},${along(ys, r, r1)}`;
  }
}
