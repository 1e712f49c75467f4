// A figure as Plotly is to get it, and whether it has changed.

import { axisOf } from "./geometry.js";

/** `values`, completed by `defaults` where nothing is set. */
export function withDefaults(defaults, values) {
  const merged = { ...defaults, ...values };
  for (const [name, value] of Object.entries(defaults)) {
    const nested = value && typeof value === "object" && !Array.isArray(value) && values?.[name];
    if (nested) merged[name] = withDefaults(value, nested);
  }
  return merged;
}

/**
 * Marks and texts of a trace that have no place, and a line that has none at all, wait outside the
 * frame: Plotly makes an element for each of them, which can be moved in when there is a place.
 */
export function withWaiting(trace, { data, layout }) {
  if (trace.type !== "scatter" || !trace.mode) return trace;
  const isPlaced = (i) => Number.isFinite(trace.x[i]) && Number.isFinite(trace.y[i]);
  if (trace.mode.includes("lines")) {
    const isEdge = data.some(({ fill }) => fill === "tonexty"); // an area would reach out to it
    if (trace.mode !== "lines" || isEdge || Array.from(trace.x.keys()).some(isPlaced)) return trace;
  }
  const waiting = { ...trace };
  for (const name of ["x", "y"]) {
    const axis = axisOf(layout, trace[`${name}axis`] ?? name);
    if (!axis?.range || Array.from(trace[name]).every(Number.isFinite)) continue;
    const [from, to] = axis.range;
    const outside = from - (to - from);
    const place = axis.type === "log" ? 10 ** outside : outside;
    waiting[name] = Array.from(trace[name], (value) => (Number.isFinite(value) ? value : place));
  }
  return waiting;
}

/** Whether two maps show the same. */
export function isSameMap(drawn, wanted) {
  if (drawn === wanted) return true;
  const levels = ({ contours: { start, end, size } = {} }) => `${start} ${end} ${size}`;
  return levels(drawn) === levels(wanted) && drawn.z?.length === wanted.z?.length && wanted.z.every(
    (row, r) => row.length === drawn.z[r].length && row.every((z, c) => Object.is(z, drawn.z[r][c])),
  );
}
