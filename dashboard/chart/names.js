// Names in the picture: texts that are kept apart, each led to the point that it names.
//
// Plotly does not know how large a text is; here it is measured. Names move along y, as little as
// need be, and never past the frame. They keep their order until it is clearly another one, so
// that a small change moves them a little and swaps none.

const NAME_GAP = 12; // pixels between a point and its name
const LINE = 1.2; // height of a line of text, in its font size
const PATIENCE = 0.7; // of a line: before names change their order

const ruler = document.createElement("canvas").getContext("2d");

/** Plotly's markup as pieces of text with their style. */
function piecesOf(markup) {
  const style = { b: 0, i: 0, sub: 0, sup: 0 };
  const pieces = [];
  for (const part of String(markup).trim().split(/(<\/?(?:b|i|sub|sup)>)/)) {
    const tag = /^<(\/?)(\w+)>$/.exec(part);
    if (tag) style[tag[2]] += tag[1] ? -1 : 1;
    else if (part) pieces.push({ text: part, ...style });
  }
  return pieces;
}

const fontOf = ({ b, i, sub, sup }, size, family) =>
  `${i ? "italic " : ""}${b ? 700 : 400} ${(sub || sup ? 0.7 : 1) * size}px ${family}`;

function widthOf(pieces, size, family) {
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

/** The part of a segment that is inside a box, as shares of its length; null if there is none. */
function clipSegment([x0, y0], [x1, y1], { left = 0, top = 0, width, height }) {
  let [from, to] = [0, 1];
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const [p, q] of [[-dx, x0 - left], [dx, left + width - x0], [-dy, y0 - top], [dy, top + height - y0]]) {
    if (p === 0 && q < 0) return null;
    if (p < 0) from = Math.max(from, q / p);
    else if (p > 0) to = Math.min(to, q / p);
  }
  return from <= to ? [from, to] : null;
}

/** Where a curve is seen nearest to its point `n`, which is out of sight: before it, or after it. */
function nearestSeen(points, n, area) {
  const seen = (from, towards) => {
    if (!isDrawable(from) || !isDrawable(towards)) return null;
    const part = clipSegment(from, towards, area);
    return part && [from[0] + part[1] * (towards[0] - from[0]), from[1] + part[1] * (towards[1] - from[1])];
  };
  for (let i = n; i > 0; i--) {
    const point = seen(points[i - 1], points[i]);
    if (point) return point;
  }
  for (let i = n + 1; i < points.length; i++) {
    const point = seen(points[i], points[i - 1]);
    if (point) return point;
  }
  return null;
}

const isSame = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
const pick = (value, i) => (Array.isArray(value) ? value[i] : value);

class Names {
  constructor(plot) {
    this.plot = plot;
    this.layer = element("svg", "hg-names", { "aria-hidden": "true" });
    this.order = new Map();
    this.nodes = [];
  }

  /** Write the names of a frame where the plot is now; `factor` is that of the screen. */
  paint(frame, factor, background) {
    const labels = (frame.names ?? []).flatMap(({ trace }) => this.labelsOf(frame.figure.data, trace, factor));
    spread(this.sort(labels));
    while (this.nodes.length < labels.length) this.addNode();
    this.nodes.forEach((node, n) => this.draw(node, labels[n], factor, background));
  }

  labelsOf(data, number, factor) {
    const trace = data[number];
    const layout = this.plot._fullLayout;
    const [xaxis, yaxis] = [axisOf(layout, trace.xaxis ?? "x"), axisOf(layout, trace.yaxis ?? "y")];
    if (!xaxis?._length || !yaxis?._length || trace.visible === false) return [];
    const [toX, toY] = [toPixel(xaxis), toPixel(yaxis)];
    const area = { width: xaxis._length, height: yaxis._length };
    const frame = { left: xaxis._offset, top: yaxis._offset, ...area };
    const stage = { width: layout.width, height: layout.height };
    const family = layout.font.family;
    const labels = [];
    for (let i = 0; i < trace.x.length; i++) {
      const text = pick(trace.text, i);
      const at = text && this.pointSeen(data, trace, i, toX, toY, area);
      if (!at) continue;
      const size = factor * pick(trace.textfont?.size, i) || layout.font.size;
      const pieces = piecesOf(text);
      const point = [frame.left + at[0], frame.top + at[1]];
      const label = {
        key: `${number} ${i} ${text}`, text, pieces, size, family, point,
        color: pick(trace.textfont?.color, i) ?? layout.font.color,
        width: widthOf(pieces, size, family), height: LINE * size,
      };
      labels.push(placed(label, pick(trace.textposition, i) ?? "middle right", NAME_GAP * factor, frame, stage));
    }
    return labels;
  }

  /** The point that is named, or where its curve is seen nearest to it if that is out of sight. */
  pointSeen(data, { x, y, xaxis = "x", yaxis = "y" }, i, toX, toY, area) {
    const point = [toX(x[i]), toY(y[i])];
    if (isDrawable(point) && isInside(point, area)) return point;
    for (const other of data) {
      const isCurve = other.type === "scatter" && other.mode.includes("lines") && other.visible !== false &&
        (other.xaxis ?? "x") === xaxis && (other.yaxis ?? "y") === yaxis;
      if (!isCurve) continue;
      const n = other.x.findIndex((value, k) => isSame(value, x[i]) && isSame(other.y[k], y[i]));
      if (n >= 0) return nearestSeen(pixelsOf(other, toX, toY), n, area);
    }
    return null;
  }

  /** From top to bottom; those that are nearly level keep the order that they had. */
  sort(labels) {
    const rank = ({ key }, n) => this.order.get(key) ?? this.order.size + n;
    const sorted = this.order.size
      ? labels.map((label, n) => [rank(label, n), label]).sort((a, b) => a[0] - b[0]).map(([, label]) => label)
      : [...labels].sort((a, b) => a.wanted - b.wanted);
    for (let changed = true; changed;) {
      changed = false;
      for (let n = 1; n < sorted.length; n++) {
        const [above, below] = [sorted[n - 1], sorted[n]];
        const known = this.order.has(above.key) && this.order.has(below.key);
        if (above.wanted - below.wanted <= (known ? PATIENCE * below.height : 0)) continue;
        [sorted[n - 1], sorted[n]] = [below, above];
        changed = true;
      }
    }
    this.order = new Map(sorted.map(({ key }, n) => [key, n]));
    return sorted;
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

/** Where a name would be if it were alone, and how far it may be moved. */
function placed(label, position, gap, frame, stage) {
  const [x, y] = label.point;
  const [vertical, horizontal] = position.split(" ");
  const aside = vertical === "middle" ? gap : 0;
  const left = { left: x - aside - label.width, center: x - label.width / 2 }[horizontal] ?? x + aside;
  label.left = Math.max(2, Math.min(stage.width - label.width - 2, left));
  const away = label.height / 2 + gap / 4;
  const wanted = { top: y - away, bottom: y + away }[vertical] ?? y;
  // A name that belongs over its subplot stays there; the others do not leave it.
  const inside = wanted >= frame.top && wanted <= frame.top + frame.height;
  const [top, bottom] = inside ? [frame.top, frame.top + frame.height] : [0, stage.height];
  label.least = top + label.height / 2;
  label.most = bottom - label.height / 2;
  label.wanted = label.middle = Math.max(label.least, Math.min(label.most, wanted));
  return label;
}

/** Move names that lie on each other apart; they are in their order from top to bottom. */
function spread(labels) {
  const pairs = [];
  labels.forEach((above, n) => {
    for (const below of labels.slice(n + 1)) {
      const meet = above.left < below.left + below.width + 4 && below.left < above.left + above.width + 4;
      if (meet) pairs.push([above, below, (above.height + below.height) / 2]);
    }
  });
  const keepInside = (label) => {
    label.middle = Math.max(label.least, Math.min(label.most, label.middle));
  };
  for (let round = 0; round < 100; round++) {
    let worst = 0;
    for (const [above, below, gap] of pairs) {
      const lacking = gap - (below.middle - above.middle);
      if (lacking <= 0) continue;
      worst = Math.max(worst, lacking);
      above.middle -= lacking / 2;
      below.middle += lacking / 2;
      keepInside(above);
      keepInside(below);
    }
    if (worst < 0.1) return;
  }
  // There is hardly room: from the top down, and what is too low from the bottom up.
  for (const [above, below, gap] of pairs) below.middle = Math.max(below.middle, above.middle + gap);
  for (const [above, below, gap] of pairs.reverse()) {
    keepInside(below);
    above.middle = Math.min(above.middle, below.middle - gap);
  }
}
