// One size of everything for each screen: a figure is designed for 1440×900, and all its fonts,
// lines, marks and margins are scaled by one factor, like the text around it.

import { isAxis } from "./axes.js";

const DESIGNED_FOR = { width: 1440, height: 900 };
export const SMALLEST = 0.72; // on a phone
const LARGEST = 3;
// Plotly writes powers on a logarithmic axis this much larger than it is told to.
const POWERS = 1.25;

const LENGTHS = new Set([
  "standoff", "xshift", "yshift", "ax", "ay", "thickness", "ticklen", "tickwidth", "outlinewidth",
  "borderpad", "borderwidth", "arrowwidth",
]);
const DATA = new Set(["x", "y", "z", "text", "customdata"]);

/** How much larger than designed everything is in a window of that size. */
export function factorOf(width, height) {
  const [wide, high] = [width / DESIGNED_FOR.width, height / DESIGNED_FOR.height];
  // A screen that is high and not wide has no room for the text that its area would allow.
  const factor = Math.min(Math.sqrt(wide * high), 1.2 * wide);
  return Math.round(100 * Math.max(SMALLEST, Math.min(LARGEST, factor))) / 100;
}

function isLength(name, within) {
  return LENGTHS.has(name) || within === "margin" || (name === "width" && within === "line") ||
    (name === "size" && (within === "marker" || within.endsWith("font")));
}

const times = (value, by) => (typeof value === "number" ? value * by : Array.from(value, (v) => v * by));
const atLeast = (value, least) =>
  (typeof value === "number" ? Math.max(value, least) : value.map((v) => Math.max(v, least)));
const isObject = (value) => value && typeof value === "object" && !ArrayBuffer.isView(value);

// How a figure looks on a projector: larger than on any other screen of that size, with lines and
// marks larger still, and no text below that of the page.
const PROJECTED = 1.26;
// Exponents are read as well: they have 0.71 of the size of the number that they stand at.
export const ON_SCREEN = { strokes: 1, least: 0, powers: 1 };
export const ON_PROJECTOR = { strokes: 1.4, least: 17, powers: 1.42 };

/** How much larger than designed everything is on a projector of that size. */
export const projectedFactor = (width, height) =>
  Math.round(100 * Math.min(LARGEST, PROJECTED * Math.max(1, factorOf(width, height)))) / 100;

/**
 * A copy of a trace or a layout with every length in it scaled; data are not copied. `strokes` is how
 * much more lines and marks are than the rest, and `least` the size of the smallest text, as designed.
 */
export function scaled(value, by, extra = ON_SCREEN, within = "") {
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? scaled(item, by, extra, within) : item));
  return Object.fromEntries(Object.entries(value).map(([name, v]) => {
    if (DATA.has(name) || v === null) return [name, v];
    if (isLength(name, within)) {
      if (within.endsWith("font")) return [name, atLeast(times(v, by), extra.least * by)];
      return [name, times(v, within === "line" || within === "marker" ? by * extra.strokes : by)];
    }
    if (name === "dash") return [name, v.replace(/[\d.]+(?=px)/g, (n) => n * by)];
    return [name, isObject(v) ? scaled(v, by, extra, name) : v];
  }));
}

/** The ticks of all axes get the size of the figure's own font, powers that times `powers`. */
export function levelTicks(layout, { powers } = ON_SCREEN) {
  const { size } = layout.font;
  for (const [name, axis] of Object.entries(layout)) {
    if (!isAxis(name)) continue;
    const isPower = axis.type === "log" && axis.exponentformat === "power" && !axis.ticktext;
    axis.tickfont = { ...axis.tickfont, size: isPower ? (powers * size) / POWERS : size };
  }
  return layout;
}

const LINE_OF_POWERS = 1.7; // from one power to the next, in the size of the tick's font

/** Leave out powers on the vertical axes where they would lie on each other in that height. */
export function withFewerPowers(layout, height) {
  const { t = 0, b = 0 } = layout.margin ?? {};
  for (const [name, axis] of Object.entries(layout)) {
    if (!/^yaxis/.test(name) || axis.type !== "log" || !axis.range || !Number.isInteger(axis.dtick)) continue;
    const [from, to] = axis.domain ?? [0, 1];
    const decade = ((height - t - b) * (to - from)) / Math.abs(axis.range[1] - axis.range[0]);
    axis.dtick = Math.max(axis.dtick, Math.ceil((LINE_OF_POWERS * axis.tickfont.size) / decade));
  }
  return layout;
}
