// The cursor in one chart: marks and lines over the plot, and the readout below it.
// Moving the cursor never makes Plotly draw; it moves elements of our own.

const REACH = 40; // pixels around a curve in which it can be pointed at

class Cursor {
  /** `plot` is Plotly's element; `shown()` says which steps to show; `onPaint` follows each move. */
  constructor(plot, { shown, onPaint, onFocus }) {
    Object.assign(this, { plot, shown, onPaint, onFocus, places: [0, 0], data: [] });
    this.overlay = element("svg", "hg-overlay", { "aria-hidden": "true" });
    this.readoutBox = element("div", "hg-readout");
  }

  /** New curves: the same steps, other values. */
  setFrame(frame) {
    this.frame = frame;
    this.data = frame.figure.data;
    this.lines = frame.lines;
    // What is rounding differs with each frame; the rest makes the elements.
    const parts = frame.readout.map(({ rounding, ...card }) => card);
    const shape = JSON.stringify([parts, frame.dots, frame.lines.length]);
    if (shape !== this.shape) this.buildReadout(frame.readout, frame.dots ?? []);
    this.rounding = frame.readout.map(({ rounding }) => rounding);
    this.shape = shape;
    this.readoutBox.hidden = !frame.readout.length;
    this.go(true);
  }

  /** The places that are nearest to the steps that are shown. */
  findPlaces({ places }) {
    const shown = this.shown();
    this.places = DIRECTIONS.map((direction) => nearest(places[direction].at, shown[direction]));
    return this.places;
  }

  buildReadout(readout, dots) {
    const dot = (color, kind) => element("circle", `hg-dot-${kind}`, { r: 6, stroke: color, fill: color });
    const cell = (label) => {
      const value = element("span", "hg-value");
      const ratio = element("span", "hg-ratio");
      const row = element("span", "hg-row", {}, element("span", "hg-label", {}, label), value, ratio);
      return { row, value, ratio };
    };
    this.marks = dots.map(({ trace, color, by }) => ({ trace, by, dot: dot(color, "measured") }));
    const cards = readout.map(({ name, label = "error", color, trace, bounds, marker = "circle", focus, bounding }, n) => {
      const error = cell(label);
      // An error that is measured is told as it is.
      const whose = bounding ? n : undefined;
      this.marks.push({ trace, by: 0, dot: dot(color, "measured"), value: error.value, name, label, card: whose });
      const rows = [error.row];
      for (const bound of bounds) {
        const { row, value, ratio } = cell(bound.name);
        const of = bound.plain ? undefined : trace;
        const card = bound.plain ? undefined : n;
        this.marks.push({ trace: bound.trace, by: 0, dot: dot(color, "bound"), value, ratio, of, card });
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

  go(now = false) {
    if (!this.frame) return; // not drawn yet
    if (now) return this.paint();
    this.queued ??= requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.queued);
    this.queued = null;
    if (!this.plot._fullLayout?.xaxis?._length || !this.marks) return;
    this.findPlaces(this.frame);
    this.onPaint(); // may change the values that are read below
    for (const mark of this.marks) this.paintMark(mark);
    this.lines.forEach((line, n) => this.paintLine(this.lineElements[n], line, line.at[this.places[line.by]]));
  }

  paintMark({ trace, by, dot, value, ratio, of, card }) {
    const { x, y } = this.data[trace];
    const i = this.places[by];
    const full = this.plot._fullData[trace];
    const area = this.areaOf(full?.xaxis ?? "x", full?.yaxis ?? "y");
    const point = area && [area.toX(x[i]), area.toY(y[i])];
    const shown = full?.visible === true && area && isInside(point, area);
    dot.style.display = shown ? "" : "none";
    if (shown) dot.setAttribute("transform", `translate(${area.left + clampPixel(point[0])},${area.top + clampPixel(point[1])})`);
    if (!value) return;
    const number = Number(y[i] ?? NaN);
    const least = this.rounding[card];
    write(value, number <= least ? "rounding" : formatValue(number, 2));
    if (of === undefined) return;
    const error = this.data[of].y[i];
    write(ratio, number <= least || error <= least ? "" : formatRatio(number / error));
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

  /** Which direction of the cursor is moved by ← and →, and which by ↑ and ↓. */
  axes() {
    if (!this.frame.other) return { across: "step" };
    const by = this.lines.find(({ along }) => along === "x")?.by ?? 0;
    return { across: DIRECTIONS[by], up: DIRECTIONS[1 - by] };
  }

  /** The steps at a point of the screen; null where there is nothing to read. */
  stepsAt(clientX, clientY) {
    if (!this.frame) return null;
    const box = this.overlay.getBoundingClientRect();
    const found = {};
    const read = (by, place) => {
      const { at } = this.frame.places[DIRECTIONS[by]];
      if (place < at.length) found[DIRECTIONS[by]] = at[place];
    };
    const here = (xid, yid) => {
      const area = this.areaOf(xid, yid);
      const point = area && [clientX - box.left - area.left, clientY - box.top - area.top];
      return point && isInside(point, area) ? { area, point } : null;
    };
    for (const { xaxis, yaxis, along, by, at } of this.lines) {
      const spot = here(xaxis, yaxis);
      if (!spot) continue;
      const [to, pixel] = along === "x" ? [spot.area.toX, spot.point[0]] : [spot.area.toY, spot.point[1]];
      read(by, closest(at.length, (i) => Math.abs(to(at[i]) - pixel)).place);
    }
    if (Object.keys(found).length) return found;
    // Where no line crosses the plot, the curve that is near.
    let least = REACH;
    for (const { trace, by } of this.marks) {
      const { xaxis = "x", yaxis = "y", visible = true, x, y } = this.data[trace];
      const spot = visible === true && here(xaxis, yaxis);
      if (!spot) continue;
      const { area, point } = spot;
      const { place, distance } = closest(x.length, (i) => Math.hypot(area.toX(x[i]) - point[0], area.toY(y[i]) - point[1]));
      if (distance >= least) continue;
      least = distance;
      read(by, place);
    }
    return Object.keys(found).length ? found : null;
  }

  /** What stands at the cursor, in words. */
  said() {
    if (!this.frame?.readout.length) return "";
    const readings = this.marks.filter(({ name }) => name);
    const values = readings.map(({ name, label, value }) => `${name}: ${label} ${value.textContent}`);
    const place = DIRECTIONS.map((direction, by) => this.frame.places[direction].names[this.places[by]]);
    return [place.filter(Boolean).join(", "), ...values].join(". ");
  }

  close() {
    cancelAnimationFrame(this.queued);
  }
}

/** The place that is least far away. */
function closest(count, distanceOf) {
  let [place, distance] = [0, Infinity];
  for (let i = 0; i < count; i++) {
    const far = distanceOf(i);
    if (far < distance) [place, distance] = [i, far];
  }
  return { place, distance };
}

/** Pointing at the plot shows what is there, leaving returns, pressing keeps. */
class Pointing {
  constructor(stage, { stepsAt, onPeek, onKeep }) {
    const isPlot = (target) => target.closest?.(".nsewdrag");
    stage.addEventListener("pointermove", (event) => {
      if (event.buttons) return; // a zoom is being drawn
      this.at = [event.clientX, event.clientY];
      this.queued ??= requestAnimationFrame(() => {
        this.queued = null;
        if (this.at) onPeek(stepsAt(...this.at));
      });
    });
    stage.addEventListener("pointerleave", () => {
      this.at = null;
      onPeek(null);
    });
    stage.addEventListener("pointerdown", (event) => {
      this.down = isPlot(event.target) ? [event.clientX, event.clientY] : null;
    }, true);
    // On the window, because Plotly covers the plot while a button is down.
    this.onUp = (event) => {
      const [x, y] = this.down ?? [NaN, NaN];
      this.down = null;
      if (!(Math.hypot(event.clientX - x, event.clientY - y) < 4)) return;
      const steps = stepsAt(x, y);
      if (steps) onKeep(steps);
      stage.focus({ preventScroll: true }); // so that the arrow keys walk on from there
    };
    addEventListener("pointerup", this.onUp, true);
  }

  close() {
    cancelAnimationFrame(this.queued);
    removeEventListener("pointerup", this.onUp, true);
  }
}
