// Glyphs: the symbols and lines of the figure, drawn small beside the words that name them.

import { element } from "./dom.js";

const R = 7; // of a symbol, in a box of 20
const around = (corners, lengths = [1.2]) => Array.from({ length: corners }, (_, i) => {
  const angle = (2 * Math.PI * i) / corners;
  const length = lengths[i % lengths.length];
  return [length * Math.sin(angle), -length * Math.cos(angle)];
});
// Some are for methods that are yet to come.
const POLYGONS = {
  square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
  "diamond-tall": [[0, -1.4], [0.7, 0], [0, 1.4], [-0.7, 0]],
  "triangle-up": [[0, -1.1], [1.15, 0.85], [-1.15, 0.85]],
  "triangle-down": [[0, 1.1], [1.15, -0.85], [-1.15, -0.85]],
  x: [[-1.2, -0.6], [-0.6, -1.2], [0, -0.6], [0.6, -1.2], [1.2, -0.6], [0.6, 0],
    [1.2, 0.6], [0.6, 1.2], [0, 0.6], [-0.6, 1.2], [-1.2, 0.6], [-0.6, 0]],
  cross: [[-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4],
    [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4]],
  hourglass: [[-1.1, -1.2], [1.1, -1.2], [-1.1, 1.2], [1.1, 1.2]],
  star: around(10, [1.35, 0.55]),
  pentagon: around(5),
  hexagon: around(6),
};

function symbolPath(name) {
  const corners = POLYGONS[name];
  if (!corners) return `M${10 - R},10a${R},${R} 0 1 0 ${2 * R},0a${R},${R} 0 1 0 ${-2 * R},0Z`;
  return `M${corners.map(([x, y]) => `${10 + R * x},${10 + R * y}`).join("L")}Z`;
}

const isLine = (mark) => mark === "solid" || /\d/.test(mark);

/**
 * How `mark` looks, as in a key: "solid" or a dash array, "area", or a Plotly symbol; on a patch of
 * `background`, if there is one.
 */
export function glyph(mark, color = "currentColor", background = "") {
  const wide = mark === "area" || isLine(mark);
  let shape;
  if (mark === "area") {
    shape = element("rect", "", { x: 1, y: 3, width: 32, height: 14, fill: color, "fill-opacity": 0.3 });
  } else if (wide) {
    const dash = mark === "solid" ? {} : { "stroke-dasharray": mark.replaceAll("px", "") };
    shape = element("line", "", { x1: 0, x2: 34, y1: 10, y2: 10, stroke: color, "stroke-width": 3, ...dash });
  } else {
    const hollow = mark.endsWith("-open");
    shape = element("path", "", {
      d: symbolPath(mark.replace("-open", "")),
      fill: hollow ? "none" : color, stroke: color, "stroke-width": hollow ? 2.5 : 0,
    });
  }
  const width = wide ? 34 : 20;
  const patch = background ? [element("rect", "", { width, height: 20, fill: background })] : [];
  const box = { viewBox: `0 0 ${width} 20`, "aria-hidden": "true" };
  return element("svg", wide ? "hg-glyph hg-glyph-wide" : "hg-glyph", box, ...patch, shape);
}
