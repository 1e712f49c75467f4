// The iteration cursor: buttons, scrubber, the marks over the plot and the readout below it.
// Moving the cursor never makes Plotly draw; it moves elements of our own.

const clamp = (index, steps) => Math.max(0, Math.min(steps.length - 1, index));

/** A scrubber over these steps, and a label that is wide enough for each of them. */
function resize(range, label, steps) {
  range.max = Math.max(0, steps.length - 1);
  const widest = Math.max(0, ...steps.map((step) => step.length));
  label.style.width = `${widest + 1}ch`;
}

function show(range, label, place, steps = []) {
  range.value = place;
  range.setAttribute("aria-valuetext", steps[place] ?? "");
  label.textContent = steps[place] ?? "";
}

class Cursor {
  /** `plot` is Plotly's element; `onPaint` follows each move, `onRest` the lifting of the hand. */
  constructor(plot, { onPaint, onRest, onFocus }) {
    Object.assign(this, { plot, onPaint, onRest, onFocus, index: 0, other: 0, leads: false, steps: [], readout: [], data: [] });
    this.overlay = element("svg", "hg-overlay", { "aria-hidden": "true" });
    this.readoutBox = element("div", "hg-readout");
    this.buildControls();
  }

  buildControls() {
    this.playButton = button("Play", iconOf("play"), () => (this.playing ? this.pause() : this.play()));
    this.range = this.buildRange("Iteration", (index) => this.moveTo(index));
    this.stepLabel = element("output", "hg-step");
    this.otherRange = this.buildRange("Other step", (other) => this.moveTo(this.index, other), "hg-scrub-other");
    this.otherLabel = element("output", "hg-step-other");
    this.speed = element("select", "", { "aria-label": "Speed" });
    for (const factor of [0.5, 1, 2, 4]) this.speed.append(new Option(`${factor}×`, factor));
    this.speed.value = "1";
    this.steppers = element("span", "hg-steppers", {},
      button("Back to the start", iconOf("reset"), () => this.stepTo(0)),
      button("Step back", iconOf("back"), () => this.stepTo(this.index - 1)),
      this.playButton,
      button("Step forward", iconOf("forward"), () => this.stepTo(this.index + 1)),
      this.range, this.stepLabel, this.otherRange, this.otherLabel, this.speed);
    this.controls = element("div", "hg-controls", { role: "group", "aria-label": "Iteration" }, this.steppers);
  }

  buildRange(label, move, className = "hg-scrub") {
    const range = element("input", className, { type: "range", min: 0, step: 1, "aria-label": label });
    range.addEventListener("input", () => {
      this.stopClock();
      move(Number(range.value));
    });
    range.addEventListener("change", () => this.onRest());
    return range;
  }

  /** A frame may be shorter than the one before it. */
  keepInside({ steps, other }) {
    this.index = clamp(this.index, steps);
    this.other = clamp(this.other, other?.steps ?? []);
  }

  /** New curves: the same place, other values. */
  setFrame(frame) {
    this.data = frame.figure.data;
    this.lines = frame.lines;
    const shape = JSON.stringify([frame.readout, frame.dots, frame.lines.length]);
    if (shape !== this.shape) this.buildReadout(frame.readout, frame.dots ?? []);
    this.shape = shape;
    this.otherSteps = frame.other?.steps ?? [];
    this.otherRange.hidden = this.otherLabel.hidden = !frame.other;
    if (frame.other) this.otherRange.setAttribute("aria-label", frame.other.name);
    if (this.steps.join() !== frame.steps.join()) resize(this.range, this.stepLabel, frame.steps);
    resize(this.otherRange, this.otherLabel, this.otherSteps);
    this.steps = frame.steps;
    this.steppers.hidden = !frame.steps.length;
    this.readoutBox.hidden = !frame.readout.length;
    this.go(this.index, this.other, true);
  }

  buildReadout(readout, dots) {
    this.readout = readout;
    const dot = (color, kind) => element("circle", `hg-dot-${kind}`, { r: 6, stroke: color, fill: color });
    const cell = (label) => {
      const value = element("span", "hg-value");
      const ratio = element("span", "hg-ratio");
      const row = element("span", "hg-row", {}, element("span", "hg-label", {}, label), value, ratio);
      return { row, value, ratio };
    };
    this.marks = dots.map(({ trace, color, by }) => ({ trace, by, dot: dot(color, "measured") }));
    const cards = readout.map(({ name, label, color, trace, bounds, marker = "circle", focus }) => {
      const error = cell(label ?? "error");
      this.marks.push({ trace, by: 0, dot: dot(color, "measured"), value: error.value });
      const rows = [error.row];
      for (const bound of bounds) {
        const { row, value, ratio } = cell(bound.name);
        const of = bound.plain ? undefined : trace;
        this.marks.push({ trace: bound.trace, by: 0, dot: dot(color, "bound"), value, ratio, of });
        rows.push(row);
      }
      const title = element("span", "hg-name", {}, glyph(marker, color), name);
      if (focus === undefined) return element("div", "hg-card", {}, title, ...rows);
      // An empty focus is that of the method which is in focus now: pressing it again ends that.
      const card = element("button", "hg-card", { type: "button", "aria-pressed": focus === "" }, title, ...rows);
      card.addEventListener("click", () => this.onFocus(focus));
      return card;
    });
    this.lineElements = this.lines.map(() => element("line", "hg-cursor-line"));
    this.overlay.replaceChildren(...this.lineElements, ...this.marks.map((mark) => mark.dot));
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

  /** The hand moves this cursor; those of its group come along. */
  moveTo(index, other = this.other, now = false) {
    this.leads = true;
    this.go(index, other, now);
  }

  /** Another chart of the group was moved: come along. What is painted late must not lead. */
  follow(index, other) {
    if (!this.steps.length) return; // not drawn yet: it begins where Python says
    this.leads = false;
    if (clamp(index, this.steps) !== this.index || clamp(other, this.otherSteps ?? []) !== this.other) {
      this.go(index, other);
    }
  }

  go(index, other, now = false) {
    this.index = clamp(index, this.steps);
    this.other = clamp(other, this.otherSteps ?? []);
    if (now) return this.paint();
    this.queued ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.queued);
    this.queued = null;
    if (!this.plot._fullLayout?.xaxis?._length || !this.marks) return;
    this.onPaint(); // may change the values that are read below
    const places = [this.index, this.other];
    for (const { trace, by, dot, value, ratio, of } of this.marks) {
      const { x, y } = this.data[trace];
      const i = places[by];
      const full = this.plot._fullData[trace];
      const area = this.areaOf(full?.xaxis ?? "x", full?.yaxis ?? "y");
      const point = area && [area.toX(x[i]), area.toY(y[i])];
      const shown = full?.visible === true && area && isInside(point, area);
      dot.style.display = shown ? "" : "none";
      if (shown) dot.setAttribute("transform", `translate(${area.left + clampPixel(point[0])},${area.top + clampPixel(point[1])})`);
      if (value) value.textContent = formatValue(Number(y[i] ?? NaN), 2);
      if (of !== undefined) ratio.textContent = formatRatio(y[i] / this.data[of].y[i]);
    }
    this.lines.forEach((line, n) => this.paintLine(this.lineElements[n], line, line.at[places[line.by]]));
    show(this.range, this.stepLabel, this.index, this.steps);
    show(this.otherRange, this.otherLabel, this.other, this.otherSteps);
  }

  /** Where a subplot lies in the overlay, and how data become pixels there. */
  areaOf(xid, yid) {
    const layout = this.plot._fullLayout;
    const [xaxis, yaxis] = [axisOf(layout, xid), axisOf(layout, yid)];
    if (!xaxis?._length || !yaxis?._length) return null;
    const { l, t } = layout._size;
    return {
      toX: toPixel(xaxis), toY: toPixel(yaxis),
      left: xaxis._offset - l, top: yaxis._offset - t,
      width: xaxis._length, height: yaxis._length,
    };
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

  stepTo(index, other = this.other) {
    this.stopClock();
    this.moveTo(index, other);
    this.onRest();
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
      if (Math.floor(position) !== this.index) this.moveTo(Math.floor(position), this.other, true);
      if (this.index >= this.steps.length - 1) this.pause();
      else this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
    this.showPlaying("Pause", "pause");
  }

  pause() {
    this.stopClock();
    this.onRest();
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
    if (this.otherSteps?.length) {
      keys.ArrowUp = () => this.stepTo(this.index, this.other + 1);
      keys.ArrowDown = () => this.stepTo(this.index, this.other - 1);
    }
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  }

  close() {
    cancelAnimationFrame(this.playing);
    cancelAnimationFrame(this.queued);
  }
}
