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

/** Plotly draws a pixel for each cell, as an image that is stretched. */
function moveImage(group, full, trace, layout) {
  const image = group.querySelector("image");
  const axis = layout[trace.coloraxis];
  const { z } = trace;
  const sameCells = z.length === full.z.length && z[0]?.length === full.z[0]?.length;
  if (!image || !axis || !sameCells || full.zsmooth) return false;
  const { cmin, cmax, colorscale } = axis;
  const palette = paletteOf(colorscale);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: z[0].length, height: z.length });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(picture.data.buffer);
  z.forEach((row, r) => {
    const start = (z.length - 1 - r) * canvas.width; // the first row is at the bottom
    row.forEach((value, c) => {
      const share = Math.max(0, Math.min(1, (value - cmin) / (cmax - cmin)));
      pixels[start + c] = Number.isNaN(share) ? 0 : palette[Math.round(255 * share)];
    });
  });
  context.putImageData(picture, 0, 0);
  image.setAttribute("href", canvas.toDataURL());
  return true;
}

function moveContours(group, full, trace, layout, toX, toY) {
  const paths = group.querySelectorAll(".contourlines path");
  const { start, end, size } = trace.contours;
  if (!paths.length || full.contours.coloring !== "none" || !(size > 0)) return false;
  const xs = Array.from(trace.x, toX);
  const ys = Array.from(trace.y, toY);
  let path = "";
  for (let level = start; level < end + size / 10; level += size) path += linesAt(level, trace.z, xs, ys);
  paths.forEach((line, k) => line.setAttribute("d", k ? "M0,0" : path || "M0,0"));
  // Where the numbers stood, the lines were cut out.
  group.querySelector(".contourlines").removeAttribute("clip-path");
  group.querySelector(".contourlabels")?.setAttribute("display", "none");
  return true;
}

/** The lines on which `z` is `level`, as a path: marching squares, piece joined to piece. */
function linesAt(level, z, xs, ys) {
  const width = xs.length;
  const height = ys.length;
  // An edge of the grid is 2 (row width + column), plus 1 if it goes to the next row.
  const joined = [new Int32Array(2 * width * height).fill(-1), new Int32Array(2 * width * height).fill(-1)];
  const edges = [];
  const join = (a, b) => {
    for (const [from, to] of [[a, b], [b, a]]) {
      if (joined[0][from] < 0) {
        joined[0][from] = to;
        edges.push(from);
      } else joined[1][from] = to;
    }
  };
  for (let r = 0; r + 1 < height; r++) {
    const [below, above] = [z[r], z[r + 1]];
    for (let c = 0; c + 1 < width; c++) {
      // What is at the level itself is below it, as with Plotly.
      const high = (below[c] > level) + 2 * (below[c + 1] > level) + 4 * (above[c + 1] > level) + 8 * (above[c] > level);
      if (high === 0 || high === 15) continue;
      if (!Number.isFinite(below[c] + below[c + 1] + above[c] + above[c + 1])) continue;
      const bottom = 2 * (r * width + c);
      const [right, top, left] = [bottom + 3, bottom + 2 * width, bottom + 1];
      const middle = (below[c] + below[c + 1] + above[c] + above[c + 1]) / 4 > level;
      if (high === 5 || high === 10) {
        if (middle === (high === 5)) join(left, top), join(bottom, right);
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
  const pointOn = (edge) => {
    const cell = edge >> 1;
    const [r, c] = [Math.floor(cell / width), cell % width];
    const [r1, c1] = edge & 1 ? [r + 1, c] : [r, c + 1];
    const share = (level - z[r][c]) / (z[r1][c1] - z[r][c]);
    const along = (values, from, to) => clampPixel(values[from] + share * (values[to] - values[from]));
    return `${along(xs, c, c1)},${along(ys, r, r1)}`;
  };
  const done = new Uint8Array(2 * width * height);
  let path = "";
  const follow = (first) => {
    let command = "M";
    let [edge, before] = [first, -1];
    while (edge >= 0 && !done[edge]) {
      done[edge] = 1;
      path += command + pointOn(edge);
      command = "L";
      const next = joined[0][edge] === before ? joined[1][edge] : joined[0][edge];
      [edge, before] = [next, edge];
    }
    if (edge === first) path += "Z";
  };
  for (const edge of edges) if (joined[1][edge] < 0 && !done[edge]) follow(edge); // open lines first
  for (const edge of edges) if (!done[edge]) follow(edge);
  return path;
}
