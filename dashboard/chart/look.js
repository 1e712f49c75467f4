// How a figure looks on this screen: its size, the size of all that is in it, and its theme.

import { isAxis } from "./pure/axes.js";
import { withDefaults, withWaiting } from "./pure/figure.js";
import { factorOf, levelTicks, ON_PROJECTOR, ON_SCREEN, projectedFactor, scaled, SMALLEST, withFewerPowers } from "./pure/scale.js";

const FONT_SIZE = 17; // of a figure that does not say another one, as designed
const MOST_HIGH = 0.75; // of the width: more is of no use on a screen that is high and not wide

export class Look {
  /** `root` is the chart and `stage` the place of the plot; `onFactor` follows another size of text. */
  constructor({ root, stage, onFactor }) {
    Object.assign(this, { root, stage, onFactor });
    this.room = {}; // least height of the plot, height around it, and the width below which it is narrow
  }

  /** As of the last fit: asked for with each picture, it would make the browser lay the page out. */
  get isNarrow() {
    return (this.width ?? this.stage.clientWidth) < this.room.narrow;
  }

  /** Whether the page is shown on a projector, as its document says. */
  get isProjected() {
    return document.documentElement.classList.contains("hg-projector");
  }

  /** The size of the smallest text, in pixels. */
  get leastText() {
    return (this.isProjected ? ON_PROJECTOR : ON_SCREEN).least * this.factor;
  }

  /** Give everything the size that it wants on this screen; the size of the plot. */
  fit(frame) {
    const { height, rest } = this.room;
    const factor = (this.isProjected ? projectedFactor : factorOf)(innerWidth, innerHeight);
    if (factor !== this.factor) this.onFactor();
    this.factor = factor;
    this.root.style.setProperty("--hg-scale", factor);
    const width = (this.width = this.stage.clientWidth);
    const room = Math.min(innerHeight - rest * factor, MOST_HIGH * width);
    const narrow = this.isNarrow && frame.narrow?.height * (factor / SMALLEST);
    this.stage.style.height = `${Math.round(narrow || Math.max(height * factor, room))}px`;
    return { width, height: this.stage.clientHeight };
  }

  /** The layout of a frame for the room that there is. */
  layoutOf({ figure, narrow }) {
    return this.isNarrow && narrow ? withDefaults(figure.layout, narrow.layout) : figure.layout;
  }

  /** The figure as it is drawn here. It is ours to change: Plotly writes zoomed ranges into it. */
  figureOf(frame) {
    const { figure, names = [] } = frame;
    const extra = this.isProjected ? ON_PROJECTOR : ON_SCREEN;
    const data = figure.data.map((trace) => withWaiting(scaled(trace, this.factor, extra), figure));
    for (const { trace } of names) data[trace].visible = false; // we write them ourselves
    const base = { font: { size: FONT_SIZE } };
    const layout = levelTicks(scaled(withDefaults(base, this.layoutOf(frame)), this.factor, extra), extra);
    return { data, layout: this.isProjected ? withFewerPowers(layout, this.stage.clientHeight) : layout };
  }

  /** Text, grid and background from Streamlit's theme; the traces bring their own colours. */
  themeOf({ layout }) {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(name).trim();
    const [text, grid, background] = [read("--hg-text"), read("--hg-grid"), read("--hg-background")];
    const axis = { color: text, gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    return {
      font: { color: text, family: style.fontFamily, size: parseFloat(style.fontSize) },
      paper_bgcolor: background,
      plot_bgcolor: background,
      ...Object.fromEntries(Object.keys(layout).filter(isAxis).map((name) => [name, axis])),
    };
  }
}
