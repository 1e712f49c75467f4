// The cursor in one chart: where it is, what stands there, and what can be pointed at.

import { Overlay } from "./overlay.js";
import { DIRECTIONS, nearest } from "./pure/places.js";
import { stepsAt } from "./pure/pointed.js";
import { Readout } from "./readout.js";

export class Cursor {
  /** `plot` is Plotly's element; `shown()` says which steps to show; `onPaint` follows each move. */
  constructor(plot, { shown, onPaint, onFocus }) {
    Object.assign(this, { plot, shown, onPaint, places: [0, 0] });
    this.overlay = new Overlay(plot);
    this.readout = new Readout(onFocus);
  }

  /** New curves: the same steps, other values. */
  setFrame(frame) {
    this.frame = frame;
    const { readout, dots = [], lines } = frame;
    // What is rounding differs with each frame; the rest makes the elements.
    const shape = JSON.stringify([readout.map(({ rounding, ...card }) => card), dots, lines.map(({ dotted }) => dotted)]);
    if (shape !== this.shape) {
      this.readout.build(readout);
      this.overlay.build(marksOf(readout, dots), lines);
    }
    this.shape = shape;
    this.rounding = readout.map(({ rounding }) => rounding);
    this.go(true);
  }

  /** Find the places that are nearest to the steps that are shown. */
  findPlaces({ places }) {
    const shown = this.shown();
    this.places = DIRECTIONS.map((direction) => nearest(places[direction].at, shown[direction]));
  }

  /** The plot has another size or other axes. */
  place() {
    this.overlay.place();
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
    if (!this.plot._fullLayout?.xaxis?._length || !this.frame) return;
    this.findPlaces(this.frame);
    this.onPaint(); // may change the values that are read below
    const { figure, lines } = this.frame;
    this.overlay.paint(figure.data, lines, this.places);
    this.readout.show(figure.data, this.places[0], this.rounding);
  }

  /** Which direction of the cursor is moved by ← and →, and which by ↑ and ↓. */
  axes() {
    if (!this.frame.other) return { across: "step" };
    const by = this.frame.lines.find(({ along }) => along === "x")?.by ?? 0;
    return { across: DIRECTIONS[by], up: DIRECTIONS[1 - by] };
  }

  /** The steps at a point of the screen; null where there is nothing to read. */
  stepsAt(clientX, clientY) {
    if (!this.frame) return null;
    const box = this.overlay.root.getBoundingClientRect();
    const areaOf = (xid, yid) => this.overlay.areaOf(xid, yid);
    return stepsAt([clientX - box.left, clientY - box.top], this.frame, this.overlay.marks, areaOf);
  }

  /** What stands at the cursor, in words. */
  said() {
    if (!this.frame?.readout.length) return "";
    const place = DIRECTIONS.map((direction, by) => this.frame.places[direction].names[this.places[by]]);
    return [place.filter(Boolean).join(", "), ...this.readout.said()].join(". ");
  }

  close() {
    cancelAnimationFrame(this.queued);
  }
}

/** What gets a dot: the marks of the frame, and all curves that are read. */
function marksOf(readout, dots) {
  const read = readout.flatMap(({ trace, color, bounds }) => [
    { trace, color, by: 0, kind: "measured" },
    ...bounds.map((bound) => ({ trace: bound.trace, color, by: 0, kind: "bound" })),
  ]);
  return [...dots.map((dot) => ({ ...dot, kind: "measured" })), ...read];
}
