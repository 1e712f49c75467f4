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
const isObject = (value) => value && typeof value === "object" && !ArrayBuffer.isView(value);

/** A copy of a trace or a layout with every length in it scaled; data are not copied. */
export function scaled(value, by, within = "") {
  if (Array.isArray(value)) return value.map((item) => (isObject(item) ? scaled(item, by, within) : item));
  return Object.fromEntries(Object.entries(value).map(([name, v]) => {
    if (DATA.has(name) || v === null) return [name, v];
    if (isLength(name, within)) return [name, times(v, by)];
    if (name === "dash") return [name, v.replace(/[\d.]+(?=px)/g, (n) => n * by)];
    return [name, isObject(v) ? scaled(v, by, name) : v];
  }));
}

/** The ticks of all axes get the size of the figure's own font. */
export function levelTicks(layout) {
  const { size } = layout.font;
  for (const [name, axis] of Object.entries(layout)) {
    if (!isAxis(name)) continue;
    const isPower = axis.type === "log" && axis.exponentformat === "power" && !axis.ticktext;
    axis.tickfont = { ...axis.tickfont, size: isPower ? size / POWERS : size };
  }
  return layout;
}
