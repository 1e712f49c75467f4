// The picture that is saved: the plot as Plotly draws it, our names in it, and above it, written
// out, the headline, the title and the key, so that it can be understood anywhere.

import { element } from "./dom.js";
import { glyph } from "./glyphs.js";
import { widthOf } from "./names.js";
import { linesOf } from "./pure/text.js";

const EDGE = 12; // pixels around what is written
const BETWEEN = 18; // pixels between two entries of the key

/** A text takes as much room as it has been given, also where another font is used for it. */
const keptTo = (length) => (length > 0 ? { textLength: length.toFixed(1), lengthAdjust: "spacingAndGlyphs" } : {});

/** The names over the plot, as wide as they are on the page. */
function namesAsDrawn(layer) {
  const copy = layer.cloneNode(true);
  const drawn = layer.querySelectorAll("text");
  copy.querySelectorAll("text").forEach((text, n) => {
    for (const [name, value] of Object.entries(keptTo(drawn[n].getComputedTextLength()))) text.setAttribute(name, value);
  });
  return copy.childNodes;
}

/** Text above the plot, line by line; `height` is what it has taken so far. */
class Head {
  constructor({ width, font, factor }) {
    Object.assign(this, { room: width - 2 * EDGE * factor, edge: EDGE * factor, font, factor });
    this.node = element("g");
    this.height = this.edge;
  }

  measure(text, b = 0) {
    return widthOf([{ text, b }], this.font.size, this.font.family);
  }

  add(left, text, b = 0) {
    const attributes = {
      x: left, y: this.height + this.font.size, fill: this.font.color,
      "font-size": this.font.size, "font-family": this.font.family, "font-weight": b ? 700 : 400,
      ...keptTo(this.measure(text, b)),
    };
    this.node.append(element("text", "", attributes, text));
  }

  mark(left, mark, color, background) {
    const node = glyph(mark, color ?? this.font.color, background);
    const height = this.font.size;
    const width = height * (node.viewBox.baseVal.width / node.viewBox.baseVal.height);
    const place = { x: left, y: this.height + 0.15 * height, width, height };
    for (const [name, value] of Object.entries(place)) node.setAttribute(name, value);
    this.node.append(node);
    return width + 0.4 * height;
  }

  newLine() {
    this.height += 1.35 * this.font.size;
  }

  /** A paragraph, after a mark if it has one. */
  write(text, { bold = 0, mark, color } = {}) {
    if (!text) return;
    const indent = mark ? this.mark(this.edge, mark, color) : 0;
    for (const line of linesOf(text, this.room - indent, (part) => this.measure(part, bold))) {
      this.add(this.edge + indent, line, bold);
      this.newLine();
    }
  }

  /** Entries of the key beside each other, as many as there is room for on a line. */
  writeKey(key) {
    let left = 0;
    for (const { text, mark, color, background } of key) {
      const width = this.measure(text) + 2.2 * this.font.size;
      if (left && left + width > this.room) {
        left = 0;
        this.newLine();
      }
      const indent = mark ? this.mark(this.edge + left, mark, color, background) : 0;
      this.add(this.edge + left + indent, text);
      left += indent + this.measure(text) + BETWEEN * this.factor;
    }
    if (key.length) this.newLine();
  }
}

/** The picture of a frame: `markup` is Plotly's, `names` our layer over it. */
export function pictureOf(frame, markup, names, { width, height, font, factor, background }) {
  const head = new Head({ width, font, factor });
  head.write(frame.warning);
  head.write(frame.message, { bold: 1 });
  head.write(frame.title);
  head.writeKey(frame.key ?? []);
  for (const { name, color, marker, reason } of frame.absent ?? []) {
    head.write(`${name} does not apply here: ${reason}`, { mark: marker, color });
  }
  const plot = new DOMParser().parseFromString(markup, "image/svg+xml").documentElement;
  plot.setAttribute("y", head.height);
  const texts = element("g", "", { transform: `translate(0,${head.height})` }, ...namesAsDrawn(names));
  const whole = { width, height: height + head.height };
  const svg = element("svg", "", { ...whole, viewBox: `0 0 ${whole.width} ${whole.height}` },
    element("rect", "", { ...whole, fill: background }), head.node, plot, texts);
  const asBlob = () => new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
  return { asBlob, asImage: (scale) => pixelsOfPicture(asBlob(), whole, scale) };
}

/** An SVG as pixels. */
async function pixelsOfPicture(blob, { width, height }, scale) {
  const url = URL.createObjectURL(blob);
  const image = new Image(width * scale, height * scale);
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  const canvas = element("canvas", "", { width: Math.round(width * scale), height: Math.round(height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

export function download(blob, name) {
  const link = element("a", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
