// The fast path of maps: a heatmap's image and the lines of equal height, drawn as Plotly draws
// them, but for the smoothing of the lines and the numbers on them. Both come back with the next
// Plotly.react.

/** Whether two maps show the same. */
function isSameMap(drawn, wanted) {
  if (drawn === wanted) return true;
  const levels = ({ contours: { start, end, size } = {} }) => `${start} ${end} ${size}`;
  return levels(drawn) === levels(wanted) && drawn.z?.length === wanted.z?.length && wanted.z.every(
    (row, r) => row.length === drawn.z[r].length && row.every((z, c) => Object.is(z, drawn.z[r][c])),
  );
}

/** Draw a heatmap or the lines of equal height of `trace`; false where it takes Plotly to do so. */
function moveMap(group, full, trace, layout, toX, toY) {
  // What we have drawn, or what Plotly was given.
  if (!isSameMap(group.hgShown ?? full._input, trace)) {
    const draw = { heatmap: moveImage, contour: moveContours }[full.type];
    if (!draw || !draw(group, full, trace, layout, toX, toY)) return false;
  }
  group.hgShown = trace;
  return true;
}

/** Take back what Plotly would not overwrite itself. */
function forgetMaps(plot) {
  for (const group of plot.querySelectorAll(".heatmaplayer .hm, .contourlayer .contour")) delete group.hgShown;
  for (const labels of plot.querySelectorAll(".contourlabels[display]")) labels.removeAttribute("display");
}

/** [red, green, blue] of a colour "#RRGGBB" or "rgb(r, g, b)". */
function channels(color) {
  if (color.startsWith("#")) return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return color.match(/[\d.]+/g).slice(0, 3).map(Number);
}

const DONE = -2; // in place of a neighbour: the edge has been drawn
const palettes = new Map();

/** 256 colours of a scale of [place, colour], as RGBA bytes one after the other. */
function paletteOf(scale) {
  const key = scale.join();
  if (palettes.has(key)) return palettes.get(key);
  const stops = scale.map(([place, color]) => [Number(place), channels(color)]);
  const palette = new Uint32Array(256);
  const bytes = new Uint8ClampedArray(palette.buffer);
  for (let i = 0, k = 0; i < 256; i++) {
    while (k < stops.length - 2 && stops[k + 1][0] < i / 255) k += 1;
    const [[from, low], [to, high]] = [stops[k], stops[k + 1]];
    const share = (i / 255 - from) / (to - from);
    for (let channel = 0; channel < 3; channel++) {
      bytes[4 * i + channel] = low[channel] + share * (high[channel] - low[channel]);
    }
    bytes[4 * i + 3] = 255;
  }
  palettes.set(key, palette);
  return palette;
}

const canvas = document.createElement("canvas"); // one for all: making one takes longer than drawing

/** Plotly draws a pixel for each cell, as an image that is stretched. */
function moveImage(group, full, trace, layout) {
  const image = group.querySelector("image");
  const axis = layout[trace.coloraxis];
  const { z } = trace;
  const sameCells = z.length === full.z.length && z[0]?.length === full.z[0]?.length;
  if (!image || !axis || !sameCells || full.zsmooth) return false;
  const { cmin, cmax, colorscale } = axis;
  const palette = paletteOf(colorscale);
  const [width, height] = [z[0].length, z.length];
  const pixels = new Uint32Array(width * height);
  for (let r = 0; r < height; r++) {
    const start = (height - 1 - r) * width; // the first row is at the bottom
    for (let c = 0; c < width; c++) {
      const share = Math.max(0, Math.min(1, (z[r][c] - cmin) / (cmax - cmin)));
      pixels[start + c] = Number.isNaN(share) ? 0 : palette[Math.round(255 * share)];
    }
  }
  Object.assign(canvas, { width, height });
  const bytes = new Uint8ClampedArray(pixels.buffer);
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(new ImageData(bytes, width, height), 0, 0);
  image.setAttribute("href", canvas.toDataURL());
  return true;
}

function moveContours(group, full, trace, layout, toX, toY) {
  const paths = group.querySelectorAll(".contourlines path");
  const { start, end, size } = trace.contours;
  if (!paths.length || full.contours.coloring !== "none" || !(size > 0)) return false;
  const lines = new Contours(trace.z, Array.from(trace.x, toX), Array.from(trace.y, toY));
  let path = "";
  for (let level = start; level < end + size / 10; level += size) path += lines.at(level);
  paths.forEach((line, k) => line.setAttribute("d", k ? "M0,0" : path || "M0,0"));
  // Where the numbers stood, the lines were cut out.
  group.querySelector(".contourlines").removeAttribute("clip-path");
  group.querySelector(".contourlabels")?.setAttribute("display", "none");
  return true;
}

/**
 * The lines of equal height of a map: marching squares, piece joined to piece. An edge of the grid
 * is 2 (row width + column), plus 1 if it goes to the next row.
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
          if ((sum / 4 > level) === (high === 5)) join(left, top), join(bottom, right);
          else join(left, bottom), join(top, right);
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
