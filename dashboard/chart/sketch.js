// Drawing a curve by hand over the plot, by pointer or by keys, and committing to it.

import { button, element } from "./dom.js";
import { formatValue } from "./pure/formats.js";
import { axisOf, clampPixel, subplotOf } from "./pure/geometry.js";
import { afterKey, afterStroke, completed, fractionOf, shareOf, valueAt } from "./pure/sketching.js";

const KEY_STEP = 0.02; // of the height of the plot
const COMMIT = "Commit and show";

export class Sketching {
  /** `plot` is Plotly's element; `onCommit` gets the heights, as values, when they are final. */
  constructor(plot, onCommit) {
    Object.assign(this, { plot, onCommit, place: 0, heights: [] });
    this.line = element("path", "hg-sketch-line");
    this.mark = element("circle", "hg-sketch-mark", { r: 7 });
    this.hint = element("text", "hg-sketch-hint", {}, "Draw here");
    this.root = element("svg", "hg-sketch", { tabindex: 0, role: "slider", "aria-label": "Your curve" }, this.line, this.mark, this.hint);
    this.commit = button(COMMIT, COMMIT, () => this.finish());
    this.commit.classList.add("hg-commit");
    this.clearing = button("Clear my curve", "Clear", () => this.begin());
    this.bar = element("div", "hg-sketch-bar", {}, this.commit, this.clearing);
    this.root.addEventListener("pointerdown", (event) => this.onDown(event));
    this.root.addEventListener("pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) this.root.addEventListener(name, () => (this.last = null));
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    this.show(undefined);
  }

  /** What is to be drawn on, as the frame says; undefined for nothing. */
  show(sketch) {
    const same = JSON.stringify(sketch) === this.shape;
    this.shape = JSON.stringify(sketch);
    this.sketch = sketch;
    this.root.style.display = sketch ? "" : "none";
    this.bar.hidden = !sketch;
    if (sketch && !same) this.begin();
  }

  begin() {
    this.heights = this.sketch.at.map(() => null);
    this.place = 0;
    this.paint();
  }

  /** Put it exactly over its subplot. */
  settle() {
    if (!this.sketch || !this.plot._fullLayout) return;
    this.area = subplotOf(this.plot._fullLayout, this.sketch.xaxis, this.sketch.yaxis);
    if (!this.area) return;
    const { left, top, width, height } = this.area;
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px` });
    this.root.setAttribute("width", width);
    this.root.setAttribute("height", height);
    this.paint();
  }

  // The hand

  pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.root.getBoundingClientRect();
    const [from, to] = axisOf(this.plot._fullLayout, this.sketch.xaxis).range;
    const x = from + ((clientX - left) / width) * (to - from);
    return { fraction: fractionOf(x, this.sketch.at), share: 1 - (clientY - top) / height };
  }

  onDown(event) {
    if (event.button) return;
    event.stopPropagation();
    this.root.setPointerCapture(event.pointerId);
    this.last = this.pointOf(event);
    this.stroke(this.last);
  }

  onMove(event) {
    event.stopPropagation(); // no cursor while a curve is drawn
    if (this.last) for (const part of event.getCoalescedEvents?.() ?? [event]) this.stroke(this.pointOf(part));
  }

  stroke(point) {
    this.heights = afterStroke(this.heights, this.last, point);
    this.place = Math.round(point.fraction);
    this.last = point;
    this.paint();
  }

  onKey(event) {
    const { key } = event;
    const go = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const by = { ArrowUp: KEY_STEP, ArrowDown: -KEY_STEP, PageUp: 5 * KEY_STEP, PageDown: -5 * KEY_STEP }[key];
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    if (key === "Enter" && !this.commit.disabled) return this.finish();
    if (!go && !by) return;
    event.preventDefault();
    if (by) this.heights = afterKey(this.heights, this.place, by, this.first);
    if (go) {
      const next = Math.max(0, Math.min(this.sketch.at.length - 1, this.place + go));
      // A curve that was begun goes on at its height.
      if (this.heights[next] === null && this.heights[this.place] !== null) {
        this.heights = this.heights.with(next, this.heights[this.place]);
      }
      this.place = next;
    }
    this.paint();
  }

  finish() {
    const axis = axisOf(this.plot._fullLayout, this.sketch.yaxis);
    this.onCommit(completed(this.heights).map((share) => valueAt(share, axis)));
  }

  // What is seen

  /** Where a curve begins that has not been drawn yet. */
  get first() {
    return shareOf(this.sketch.first, axisOf(this.plot._fullLayout, this.sketch.yaxis));
  }

  paint() {
    const whole = completed(this.heights);
    const first = this.area && this.first;
    this.commit.disabled = !whole;
    this.hint.style.display = whole ? "none" : "";
    const area = this.area;
    if (!area) return;
    const pixels = this.sketch.at.map((x, place) => [area.toX(x), (1 - (whole?.[place] ?? first)) * area.height]);
    const points = pixels.map(([x, y]) => `${clampPixel(x)},${clampPixel(y)}`);
    this.line.setAttribute("d", whole ? `M${points.join("L")}` : "M0,0");
    const [x, y] = pixels[this.place];
    this.mark.setAttribute("transform", `translate(${clampPixel(x)},${clampPixel(y)})`);
    this.hint.setAttribute("x", area.width / 2);
    this.hint.setAttribute("y", area.height / 2);
    this.say(whole?.[this.place] ?? first);
  }

  say(share) {
    const axis = axisOf(this.plot._fullLayout, this.sketch.yaxis);
    const said = `at ${formatValue(this.sketch.at[this.place], 2)}: ${formatValue(valueAt(share, axis), 1)}`;
    const now = Math.round(100 * share);
    for (const [name, value] of Object.entries({ min: 0, max: 100, now, text: said })) {
      this.root.setAttribute(`aria-value${name}`, value);
    }
  }
}
