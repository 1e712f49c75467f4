// The corners of a plot, and which of them are free.

import { clipSegment, isDrawable, pixelsOf, subplotOf } from "./geometry.js";

const INSET = 10; // pixels between a note and the edges of its corner

/**
 * A corner of the first subplot in which a note of that size lies on nothing that is drawn: its
 * name and its place in the plot. The corner `current` comes first. null where none is free.
 */
export function freeCorner(layout, data, size, current) {
  const corners = cornersOf(subplotOf(layout), size);
  const names = [current, "top right", "bottom left", "top left", "bottom right"];
  const name = names.find((each) => corners[each] && !isCovering(layout, data, corners[each]));
  return name ? { name, ...corners[name] } : null;
}

function cornersOf(area, { width, height }) {
  const left = area.left + INSET;
  const right = area.left + area.width - width - INSET;
  const top = area.top + INSET;
  const bottom = area.top + area.height - height - INSET;
  const box = (x, y) => ({ left: x, top: y, width, height });
  return {
    "top right": box(right, top), "bottom left": box(left, bottom),
    "top left": box(left, top), "bottom right": box(right, bottom),
  };
}

/** Whether anything is drawn in a box of the plot. */
function isCovering(layout, data, box) {
  return data.some((trace) => {
    if (trace.visible === false) return false;
    if (trace.type !== "scatter") return true; // a map fills its subplot, where the corners are
    const area = subplotOf(layout, trace.xaxis, trace.yaxis);
    if (!area) return false;
    const inside = { ...box, left: box.left - area.left, top: box.top - area.top };
    const points = pixelsOf(trace, area);
    return points.some((point, n) => {
      const before = trace.mode.includes("lines") && n ? points[n - 1] : point;
      return isDrawable(point) && isDrawable(before) && clipSegment(before, point, inside);
    });
  });
}
