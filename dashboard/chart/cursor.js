// The iteration cursor: buttons, scrubber, the marks over the plot and the readout below it.
// Moving the cursor never makes Plotly draw; it moves elements of our own.

const ICONS = {
  reset: "M4 3h2v14H4zM17 3v14L7 10z",
  back: "M13 3v14L3 10zM14 3h2v14h-2z",
  play: "M5 3l12 7-12 7z",
  pause: "M4 3h4v14H4zM12 3h4v14h-4z",
  forward: "M7 3v14l10-7zM4 3h2v14H4z",
};

function element(tag, className, attributes = {}, ...children) {
  const space = ["svg", "path", "line", "circle"].includes(tag) ? "2000/svg" : "1999/xhtml";
  const node = document.createElementNS(`http://www.w3.org/${space}`, tag);
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function iconOf(name) {
  const path = element("path", "", { d: ICONS[name] });
  return element("svg", "", { viewBox: "0 0 20 20", "aria-hidden": "true" }, path);
}

function button(label, content, onClick) {
  const node = element("button", "", { type: "button", "aria-label": label, title: label }, content);
  node.addEventListener("click", onClick);
  return node;
}

const SUPERSCRIPTS = { ..."⁰¹²³⁴⁵⁶⁷⁸⁹", "-": "⁻", "+": "" };
const superscript = (text) => text.replace(/./g, (c) => SUPERSCRIPTS[c]);

function formatValue(value, digits = 1) {
  if (value <= 1e-300) return "0"; // what Python draws for a zero
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 0.01 && Math.abs(value) < 1000) return String(Number(value.toPrecision(3)));
  const [mantissa, power] = value.toExponential(digits).split("e");
  return `${mantissa}·10${superscript(power)}`;
}

function formatRatio(value) {
  if (!Number.isFinite(value)) return "–";
  if (value < 10) return `${value.toFixed(1)}×`;
  return value < 1000 ? `${value.toFixed(0)}×` : `${formatValue(value, 0)}×`;
}

class Cursor {
  /** `plot` is Plotly's element; `onPaint` follows each move, `onRest` the lifting of the hand. */
  constructor(plot, { onPaint, onRest }) {
    Object.assign(this, { plot, onPaint, onRest, index: 0, steps: [], readout: [], data: [] });
    this.overlay = element("svg", "hg-overlay", { "aria-hidden": "true" });
    this.line = element("line", "hg-cursor-line");
    this.readoutBox = element("div", "hg-readout");
    this.buildControls();
  }

  buildControls() {
    this.playButton = button("Play", iconOf("play"), () => (this.playing ? this.pause() : this.play()));
    this.range = element("input", "hg-scrub", { type: "range", min: 0, step: 1, "aria-label": "Iteration" });
    this.range.addEventListener("input", () => {
      this.stopClock();
      this.moveTo(Number(this.range.value));
    });
    this.range.addEventListener("change", () => this.onRest(this.index));
    this.stepLabel = element("output", "hg-step");
    this.speed = element("select", "", { "aria-label": "Speed" });
    for (const factor of [0.5, 1, 2, 4]) this.speed.append(new Option(`${factor}×`, factor));
    this.speed.value = "1";
    this.controls = element("div", "hg-controls", { role: "group", "aria-label": "Iteration" },
      button("Back to the start", iconOf("reset"), () => this.stepTo(0)),
      button("Step back", iconOf("back"), () => this.stepTo(this.index - 1)),
      this.playButton,
      button("Step forward", iconOf("forward"), () => this.stepTo(this.index + 1)),
      this.range, this.stepLabel, this.speed);
  }

  /** New curves: the same index, other values. */
  setFrame(frame) {
    this.data = frame.figure.data;
    const shape = JSON.stringify(frame.readout);
    if (shape !== this.shape) this.buildReadout(frame.readout);
    this.shape = shape;
    if (this.steps.join() !== frame.steps.join()) {
      this.range.max = Math.max(0, frame.steps.length - 1);
      const widest = Math.max(0, ...frame.steps.map((label) => label.length));
      this.stepLabel.style.width = `${widest + 1}ch`;
    }
    this.steps = frame.steps;
    this.controls.hidden = this.readoutBox.hidden = !frame.steps.length;
    this.moveTo(this.index, true);
  }

  buildReadout(readout) {
    this.readout = readout;
    const dot = (color, kind) => element("circle", `hg-dot-${kind}`, { r: 6, stroke: color, fill: color });
    const cell = (label) => {
      const value = element("span", "hg-value");
      const ratio = element("span", "hg-ratio");
      const row = element("div", "hg-row", {}, element("span", "hg-label", {}, label), value, ratio);
      return { row, value, ratio };
    };
    this.marks = [];
    const cards = readout.map(({ name, color, trace, bounds }) => {
      const error = cell("error");
      this.marks.push({ trace, dot: dot(color, "measured"), value: error.value });
      const rows = [error.row];
      for (const bound of bounds) {
        const { row, value, ratio } = cell(bound.name);
        this.marks.push({ trace: bound.trace, dot: dot(color, "bound"), value, ratio, of: trace });
        rows.push(row);
      }
      const title = element("div", "hg-name", {}, element("span", "hg-swatch"), name);
      title.firstChild.style.background = color;
      return element("div", "hg-card", {}, title, ...rows);
    });
    this.overlay.replaceChildren(this.line, ...this.marks.map((mark) => mark.dot));
    this.readoutBox.replaceChildren(...cards);
  }

  /** Put the overlay exactly over the plot area. */
  place() {
    const { l, t, w, h } = this.plot._fullLayout._size;
    Object.assign(this.overlay.style, { left: `${l}px`, top: `${t}px` });
    this.overlay.setAttribute("width", w);
    this.overlay.setAttribute("height", h);
    this.paint();
  }

  moveTo(index, now = false) {
    this.index = Math.max(0, Math.min(this.steps.length - 1, index));
    if (now) return this.paint();
    this.queued ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.queued);
    this.queued = null;
    const layout = this.plot._fullLayout;
    if (!layout?.xaxis?._length || !this.marks) return;
    const i = this.index;
    const toX = toPixel(layout.xaxis);
    const toY = toPixel(layout.yaxis);
    const area = { width: layout.xaxis._length, height: layout.yaxis._length };
    for (const { trace, dot, value, ratio, of } of this.marks) {
      const { x, y } = this.data[trace];
      const point = [toX(x[i]), toY(y[i])];
      const shown = this.plot._fullData[trace]?.visible === true && isInside(point, area);
      dot.style.display = shown ? "" : "none";
      if (shown) dot.setAttribute("transform", `translate(${point.map(clampPixel)})`);
      value.textContent = formatValue(Number(y[i] ?? NaN), 2);
      if (ratio) ratio.textContent = formatRatio(y[i] / this.data[of].y[i]);
    }
    // One line makes sense only where all measured curves are at the same x.
    const places = this.readout.map(({ trace }) => this.data[trace].x[i]);
    const px = toX(places[0]);
    const common = places.every((x) => x === places[0]) && isInside([px, 0], area);
    this.line.style.display = common ? "" : "none";
    if (common) this.line.setAttribute("transform", `translate(${clampPixel(px)})`);
    this.line.setAttribute("y2", area.height);
    this.range.value = i;
    this.range.setAttribute("aria-valuetext", this.steps[i] ?? "");
    this.stepLabel.textContent = this.steps[i] ?? "";
    this.onPaint(i);
  }

  stepTo(index) {
    this.stopClock();
    this.moveTo(index);
    this.onRest(this.index);
  }

  play() {
    if (this.index >= this.steps.length - 1) this.moveTo(0);
    // About ten seconds from start to end, but never so fast or so slow that it cannot be followed.
    const perSecond = Math.max(3, Math.min(30, this.steps.length / 10));
    let position = this.index;
    let last = performance.now();
    const tick = (now) => {
      position += ((now - last) / 1000) * perSecond * Number(this.speed.value);
      last = now;
      if (Math.floor(position) !== this.index) this.moveTo(Math.floor(position), true);
      if (this.index >= this.steps.length - 1) this.pause();
      else this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
    this.showPlaying("Pause", "pause");
  }

  pause() {
    this.stopClock();
    this.onRest(this.index);
  }

  stopClock() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.showPlaying("Play", "play");
  }

  showPlaying(label, icon) {
    if (this.playButton.title === label) return;
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.playButton.replaceChildren(iconOf(icon));
  }

  onKey(event) {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Leave to each control the keys that it understands itself.
    if (target.matches("select")) return;
    if (target.matches("input") && key !== " ") return;
    if (target.matches("button") && key === " ") return;
    const keys = {
      " ": () => (this.playing ? this.pause() : this.play()),
      ArrowLeft: () => this.stepTo(this.index - 1),
      ArrowRight: () => this.stepTo(this.index + 1),
      Home: () => this.stepTo(0),
      End: () => this.stepTo(this.steps.length - 1),
    };
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  }

  close() {
    cancelAnimationFrame(this.playing);
    cancelAnimationFrame(this.queued);
  }
}
