// The overlay: dots on the curves and lines across the plot, where the cursor is.
// Moving them never makes Plotly draw: they are elements of our own.

import { element } from "./dom.js";
import { clampPixel, isInside, subplotOf } from "./pure/geometry.js";

const DOT = 6; // pixels, radius

export class Overlay {
  /** `plot` is Plotly's element. */
  constructor(plot) {
    this.plot = plot;
    this.root = element("svg", "hg-overlay", { "aria-hidden": "true" });
    this.marks = [];
    this.lines = [];
  }

  /** A dot for each mark, "measured" or "bound", and the lines. */
  build(marks, lines) {
    this.marks = marks.map(({ trace, by, color, kind }) => {
      const dot = element("circle", `hg-dot-${kind}`, { r: DOT, stroke: color, fill: color });
      return { trace, by, dot };
    });
    this.lines = lines.map(({ dotted }) => element("line", `hg-cursor-line${dotted ? " hg-dotted" : ""}`));
    this.root.replaceChildren(...this.lines, ...this.marks.map(({ dot }) => dot));
  }

  /** Put it exactly over the plot area. */
  place() {
    const { l, t, w, h } = this.plot._fullLayout._size;
    Object.assign(this.root.style, { left: `${l}px`, top: `${t}px` });
    this.root.setAttribute("width", w);
    this.root.setAttribute("height", h);
  }

  /** Where a subplot lies in the overlay, and how data become pixels there; or null. */
  areaOf(xid, yid) {
    const layout = this.plot._fullLayout;
    const area = subplotOf(layout, xid, yid);
    const { l, t } = layout._size;
    return area && { ...area, left: area.left - l, top: area.top - t };
  }

  /** Move all to where the cursor is: the place in each of its directions. */
  paint(data, lines, places) {
    for (const mark of this.marks) this.paintDot(mark, data[mark.trace], places[mark.by]);
    lines.forEach((line, n) => this.paintLine(this.lines[n], line, line.at[places[line.by]]));
  }

  paintDot({ trace, dot }, { x, y }, place) {
    const full = this.plot._fullData[trace];
    const area = this.areaOf(full?.xaxis, full?.yaxis);
    const point = area && [area.toX(x[place]), area.toY(y[place])];
    const shown = full?.visible === true && area && isInside(point, area);
    dot.style.display = shown ? "" : "none";
    if (!shown) return;
    const [left, top] = [area.left + clampPixel(point[0]), area.top + clampPixel(point[1])];
    dot.setAttribute("transform", `translate(${left},${top})`);
  }

  paintLine(node, { xaxis, yaxis, along }, at) {
    const area = this.areaOf(xaxis, yaxis);
    const point = area && (along === "x" ? [area.toX(at), 0] : [0, area.toY(at)]);
    const shown = area && isInside(point, area);
    node.style.display = shown ? "" : "none";
    if (!shown) return;
    const [x, y] = [area.left + clampPixel(point[0]), area.top + clampPixel(point[1])];
    const [toX, toY] = along === "x" ? [x, area.top + area.height] : [area.left + area.width, y];
    for (const [name, value] of Object.entries({ x1: x, y1: y, x2: toX, y2: toY })) node.setAttribute(name, value);
  }
}
