// The fast path of maps: a heatmap's image and the lines of equal height, drawn as Plotly draws
// them, but for the smoothing of the lines and the numbers on them. Both come back with the next
// Plotly.react.

import { contourPath } from "./pure/contours.js";
import { isSameMap } from "./pure/figure.js";
import { pixelsOfMap } from "./pure/palette.js";

/** Draw a heatmap or the lines of equal height of `trace`; false where it takes Plotly to do so. */
export function moveMap(group, full, trace, layout, area) {
  // What we have drawn, or what Plotly was given.
  if (!isSameMap(group.hgShown ?? full._input, trace)) {
    const draw = { heatmap: moveImage, contour: moveContours }[full.type];
    if (!draw || !draw(group, full, trace, layout, area)) return false;
  }
  group.hgShown = trace;
  return true;
}

/** Take back what Plotly would not overwrite itself. */
export function forgetMaps(plot) {
  for (const group of plot.querySelectorAll(".heatmaplayer .hm, .contourlayer .contour")) delete group.hgShown;
  for (const labels of plot.querySelectorAll(".contourlabels[display]")) labels.removeAttribute("display");
}

const canvas = document.createElement("canvas"); // one for all: making one takes longer than drawing

/** Plotly draws a pixel for each cell, as an image that is stretched. */
function moveImage(group, full, trace, layout) {
  const image = group.querySelector("image");
  const axis = layout[trace.coloraxis];
  const { z } = trace;
  const sameCells = z.length === full.z.length && z[0]?.length === full.z[0]?.length;
  if (!image || !axis || !sameCells || full.zsmooth) return false;
  const [width, height] = [z[0].length, z.length];
  const bytes = new Uint8ClampedArray(pixelsOfMap(z, axis).buffer);
  Object.assign(canvas, { width, height });
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(new ImageData(bytes, width, height), 0, 0);
  image.setAttribute("href", canvas.toDataURL());
  return true;
}

function moveContours(group, full, trace, layout, area) {
  const paths = group.querySelectorAll(".contourlines path");
  if (!paths.length || full.contours.coloring !== "none" || !(trace.contours.size > 0)) return false;
  const path = contourPath(trace, area) || "M0,0";
  paths.forEach((line, k) => line.setAttribute("d", k ? "M0,0" : path));
  // Where the numbers stood, the lines were cut out.
  group.querySelector(".contourlines").removeAttribute("clip-path");
  group.querySelector(".contourlabels")?.setAttribute("display", "none");
  return true;
}
