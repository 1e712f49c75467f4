// Curves that stay in the picture when the settings change: pale, in one colour, each with its dash.

import { axisOf } from "./geometry.js";

const NEUTRAL = "#6f757f"; // of no method, and seen on a light and on a dark ground
const PALE = 0.7;
const PARTED_BY = " · "; // in the title of a picture

const meaning = (layout, name) => {
  const axis = axisOf(layout, name) ?? {};
  return `${axis.type} ${axis.title?.text ?? ""}`;
};

/** The measured curves of a frame as they are now; null if there are none that could stay. */
export function pinnedOf({ figure, readout, moving = [], title = "" }) {
  const changing = new Set(moving.map(({ trace }) => trace));
  const curves = readout
    .filter(({ trace }) => !changing.has(trace))
    .map(({ trace }) => figure.data[trace])
    .filter((curve) => curve?.type === "scatter" && curve.mode?.includes("lines") && curve.visible !== false)
    .map(({ x, y, xaxis = "x", yaxis = "y", name, line = {} }) => ({
      x, y, xaxis, yaxis, name, line,
      axes: [meaning(figure.layout, xaxis), meaning(figure.layout, yaxis)].join(),
    }));
  return curves.length ? { title, curves } : null;
}

/** What the pinned curves were drawn for, as far as the title says something else now. */
export function labelOf(pinned, title) {
  const now = new Set(title.split(PARTED_BY));
  const other = pinned.title.split(PARTED_BY).filter((part) => !now.has(part));
  return `pinned: ${other.join(PARTED_BY) || "these settings"}`;
}

/** A frame with the pinned curves behind its own, and what they are in its key. */
export function withPinned(frame, pinned) {
  const { data, layout } = frame.figure;
  const kept = pinned.curves.filter(({ axes, xaxis, yaxis }) =>
    axes === [meaning(layout, xaxis), meaning(layout, yaxis)].join());
  if (!kept.length) return frame;
  const ghosts = kept.map(({ x, y, xaxis, yaxis, name, line }) => ({
    type: "scatter", mode: "lines", name: `pinned ${name ?? ""}`.trim(), x, y, xaxis, yaxis,
    line: { ...line, color: NEUTRAL }, opacity: PALE, hoverinfo: "skip", showlegend: false, visible: true,
  }));
  const entry = { text: labelOf(pinned, frame.title ?? ""), mark: "solid", color: NEUTRAL };
  return { ...frame, figure: { ...frame.figure, data: [...data, ...ghosts] }, key: [...(frame.key ?? []), entry] };
}
