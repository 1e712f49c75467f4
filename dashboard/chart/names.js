// Names in the picture: texts that are kept apart, each led to the point that it names.
//
// Plotly does not know how large a text is; here it is measured.

import { element } from "./dom.js";
import { subplotOf } from "./pure/geometry.js";
import { Order, placed, pointSeen, spread } from "./pure/spread.js";
import { fontOf, piecesOf } from "./pure/text.js";

const NAME_GAP = 12; // pixels between a point and its name
const LINE = 1.2; // height of a line of text, in its font size

const ruler = document.createElement("canvas").getContext("2d");

export function widthOf(pieces, size, family) {
  return pieces.reduce((sum, piece) => {
    ruler.font = fontOf(piece, size, family);
    return sum + ruler.measureText(piece.text).width;
  }, 0);
}

function tspansOf(pieces, size) {
  let raised = 0;
  return pieces.map(({ text, b, i, sub, sup }) => {
    const height = (sup ? -0.35 : 0) * size + (sub ? 0.25 : 0) * size;
    const node = element("tspan", "", { dy: height - raised }, text);
    raised = height;
    if (b) node.setAttribute("font-weight", 700);
    if (i) node.setAttribute("font-style", "italic");
    if (sub || sup) node.setAttribute("font-size", 0.7 * size);
    return node;
  });
}

const pick = (value, i) => (Array.isArray(value) ? value[i] : value);

/** The layer of names over Plotly's element `plot`. */
export class Names {
  constructor(plot) {
    this.plot = plot;
    this.layer = element("svg", "hg-names", { "aria-hidden": "true" });
    this.order = new Order();
    this.nodes = [];
  }

  /** Write the names of a frame where the plot is now; `factor` is that of the screen, and `least` the
   * size of the smallest text. */
  paint(frame, factor, background, least = 0) {
    const scale = { factor, least };
    const labels = (frame.names ?? []).flatMap(({ trace }) => this.labelsOf(frame.figure.data, trace, scale));
    spread(this.order.sort(labels));
    while (this.nodes.length < labels.length) this.addNode();
    this.nodes.forEach((node, n) => this.draw(node, labels[n], factor, background));
  }

  labelsOf(data, number, { factor, least }) {
    const trace = data[number];
    const layout = this.plot._fullLayout;
    const area = subplotOf(layout, trace.xaxis, trace.yaxis);
    if (!area || trace.visible === false) return [];
    const stage = { width: layout.width, height: layout.height };
    const family = layout.font.family;
    const labels = [];
    for (let i = 0; i < trace.x.length; i++) {
      const text = pick(trace.text, i);
      const at = text && pointSeen(data, trace, i, area);
      if (!at) continue;
      const size = Math.max(least, factor * pick(trace.textfont?.size, i) || layout.font.size);
      const pieces = piecesOf(text);
      const point = [area.left + at[0], area.top + at[1]];
      const label = {
        key: `${number} ${i} ${text}`, text, pieces, size, family, point,
        color: pick(trace.textfont?.color, i) ?? layout.font.color,
        width: widthOf(pieces, size, family), height: LINE * size,
      };
      labels.push(placed(label, pick(trace.textposition, i) ?? "middle right", NAME_GAP * factor, area, stage));
    }
    return labels;
  }

  addNode() {
    const [leader, text] = [element("path", "hg-leader", { fill: "none" }), element("text")];
    const node = element("g", "textpoint", {}, leader, text);
    this.nodes.push({ node, leader, text });
    this.layer.append(node);
  }

  draw({ node, leader, text }, label, factor, background) {
    node.style.display = label ? "" : "none";
    if (!label) return;
    const { left, middle, width, wanted, size, point } = label;
    if (node.__written !== `${label.text} ${size}`) {
      node.__written = `${label.text} ${size}`;
      text.replaceChildren(...tspansOf(label.pieces, size));
    }
    const attributes = {
      x: left.toFixed(1), y: (middle + 0.35 * size).toFixed(1), fill: label.color, "font-size": size,
      "font-family": label.family, stroke: background, "stroke-width": 4 * factor,
      "stroke-linejoin": "round", "paint-order": "stroke",
    };
    for (const [name, value] of Object.entries(attributes)) text.setAttribute(name, value);
    const moved = Math.abs(middle - wanted) > 0.45 * label.height;
    leader.style.display = moved ? "" : "none";
    if (!moved) return;
    const end = Math.max(left - 2, Math.min(left + width + 2, point[0]));
    leader.setAttribute("d", `M${point[0].toFixed(1)},${point[1].toFixed(1)}L${end.toFixed(1)},${middle.toFixed(1)}`);
    leader.setAttribute("stroke", label.color);
    leader.setAttribute("stroke-width", 1.5 * factor);
  }
}
