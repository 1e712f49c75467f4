// What one points at: the steps at a point of the plot.

import { closest, isInside } from "./geometry.js";
import { DIRECTIONS } from "./places.js";

const REACH = 40; // pixels around a curve in which it can be pointed at

/**
 * The steps at a point; null where there is nothing to read. `areaOf` says where the subplot of two
 * axes lies, and `curves` are those that can be pointed at: number of the trace, and `by`.
 */
export function stepsAt(point, frame, curves, areaOf) {
  const steps = {};
  const read = (by, place) => {
    const { at } = frame.places[DIRECTIONS[by]];
    if (place < at.length) steps[DIRECTIONS[by]] = at[place];
  };
  const spotIn = (xid, yid) => {
    const area = areaOf(xid, yid);
    const inside = area && [point[0] - area.left, point[1] - area.top];
    return inside && isInside(inside, area) ? { area, x: inside[0], y: inside[1] } : null;
  };
  for (const { xaxis, yaxis, along, by, at } of frame.lines) {
    const spot = spotIn(xaxis, yaxis);
    if (!spot) continue;
    const [to, pixel] = along === "x" ? [spot.area.toX, spot.x] : [spot.area.toY, spot.y];
    read(by, closest(at.length, (i) => Math.abs(to(at[i]) - pixel)).place);
  }
  if (Object.keys(steps).length) return steps;
  // Where no line crosses the plot, the curve that is near.
  let least = REACH;
  for (const { trace, by } of curves) {
    const { xaxis = "x", yaxis = "y", visible = true, x, y } = frame.figure.data[trace];
    const spot = visible === true && spotIn(xaxis, yaxis);
    if (!spot) continue;
    const { toX, toY } = spot.area;
    const { place, distance } = closest(x.length, (i) => Math.hypot(toX(x[i]) - spot.x, toY(y[i]) - spot.y));
    if (distance >= least) continue;
    least = distance;
    read(by, place);
  }
  return Object.keys(steps).length ? steps : null;
}
