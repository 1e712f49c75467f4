// The fast path: new curves by moving the SVG elements that Plotly has already drawn.
//
// A Plotly.react takes several frames' time; writing the coordinates takes a fraction of one.
// Everything that leans on Plotly's markup is in this file and in maps.js. `moveTraces` answers
// false when it meets something unexpected, and the caller then lets Plotly draw.

import { forgetMaps, moveMap } from "./maps.js";
import { clampPixel, isDrawable, isInside, pathThrough, pixelsOf, subplotOf } from "./pure/geometry.js";

function moveLines(group, points) {
  const lines = group.querySelectorAll(".lines > path.js-line");
  const path = pathThrough(points);
  if (!lines.length) return path === "M0,0";
  // Plotly draws one element for each unbroken stretch; here the first one carries all of them.
  lines.forEach((line, k) => line.setAttribute("d", k ? "M0,0" : path));
  return true;
}

function moveFill(trace, group, points, previous) {
  const own = trace.fill !== "tonexty";
  if (!own && !previous) return false;
  // Plotly keeps a `tonexty` area in the group of the trace below it.
  const fills = (own ? group : previous.group).querySelectorAll(".fills path.js-fill");
  if (!fills.length) return !points.some(isDrawable);
  const drawable = points.filter(isDrawable);
  let path = pathThrough(drawable);
  if (!own) path += pathThrough(previous.points.filter(isDrawable).reverse(), "L");
  fills[own ? 0 : fills.length - 1].setAttribute("d", `${path}Z`);
  return true;
}

/** Markers and texts: each element knows the index of its point. */
function movePoints(elements, points, before, area, place) {
  let moved = 0;
  for (const element of elements) {
    const i = element.__data__?.i;
    if (i === undefined || !before[i]) return false;
    const drawable = points[i] !== undefined && isDrawable(points[i]);
    if (drawable && isInside(points[i], area)) element.removeAttribute("display");
    else element.setAttribute("display", "none"); // as Plotly does it
    if (!drawable) continue;
    place(element, points[i], before[i], i);
    moved += 1;
  }
  return moved === points.filter(isDrawable).length; // a point without an element needs Plotly
}

function writeText(node, text) {
  const isPlain = text !== undefined && !/[<&\n]/.test(text); // the rest waits for Plotly
  if (isPlain && node.textContent !== text) node.textContent = text;
}

/** Draw `data` by moving what is there. */
export function moveTraces(plot, data) {
  const { _fullLayout: layout, calcdata } = plot;
  const drawn = new Map();
  for (const calc of calcdata) {
    const full = calc[0].trace;
    if (full.visible !== true) continue; // switched off in the legend
    const trace = data[full.index];
    const group = calc[0].node3?.node();
    if (!group) return false;
    const area = subplotOf(layout, full.xaxis, full.yaxis);
    if (!area) return false;
    if (full.type !== "scatter") {
      if (!moveMap(group, full, trace, layout, area)) return false;
      continue;
    }
    const points = pixelsOf(trace, area);
    drawn.set(full.uid, { group, points });

    const previous = full._prevtrace && drawn.get(full._prevtrace.uid);
    if (full.mode.includes("lines") && !moveLines(group, points)) return false;
    if (full.fill !== "none" && !moveFill(full, group, points, previous)) return false;

    const before = full.mode === "lines" ? null : pixelsOf(full, area); // where Plotly has put them
    if (full.mode.includes("markers")) {
      const markers = group.querySelectorAll(".points > path.point");
      const place = (marker, point) =>
        marker.setAttribute("transform", `translate(${point.map(clampPixel)})`);
      if (!movePoints(markers, points, before, area, place)) return false;
    }
    if (full.mode.includes("text")) {
      const texts = group.querySelectorAll(".text > .textpoint");
      const place = (text, [x, y], [x0, y0], i) => {
        writeText(text.querySelector("text"), Array.isArray(trace.text) ? trace.text[i] : trace.text);
        text.setAttribute("transform", `translate(${clampPixel(x - x0)},${clampPixel(y - y0)})`);
      };
      if (!movePoints(texts, points, before, area, place)) return false;
    }
  }
  return true;
}

/** Take back what Plotly would not overwrite itself. Call before each Plotly.react. */
export function forgetMoves(plot) {
  for (const text of plot.querySelectorAll(".textpoint[transform]")) text.removeAttribute("transform");
  for (const point of plot.querySelectorAll(".scatterlayer [display]")) point.removeAttribute("display");
  forgetMaps(plot);
}
