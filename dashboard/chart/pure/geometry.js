// From data to pixels: subplots, points, and paths through them.

// SVG renderers lose precision far outside the view.
export const clampPixel = (p) => Math.round(Math.max(-1e5, Math.min(1e5, p)) * 10) / 10;

export const isInside = ([x, y], { width, height }) => x > -1 && y > -1 && x < width + 1 && y < height + 1;
export const isDrawable = (point) => Number.isFinite(point[0]) && Number.isFinite(point[1]);

/** The axis of that id, "x2" for example, as Plotly has drawn it. */
export const axisOf = (layout, id) => layout[`${id[0]}axis${id.slice(1)}`];

/** Data value -> pixel inside the axis, with the range that is on the screen now. */
export function toPixel(axis) {
  const [from, to] = axis.range;
  const scale = axis._length / (to - from);
  const value = axis.type === "log" ? (v) => (v > 0 ? Math.log10(v) : NaN) : Number;
  const horizontal = axis._id[0] === "x";
  return (v) => {
    if (v === null || v === undefined) return NaN;
    const pixel = (value(v) - from) * scale;
    return horizontal ? pixel : axis._length - pixel;
  };
}

/** Where the subplot of two axes lies in the plot, and how data become pixels in it; or null. */
export function subplotOf(layout, xid = "x", yid = "y") {
  const [xaxis, yaxis] = [axisOf(layout, xid), axisOf(layout, yid)];
  if (!xaxis?._length || !yaxis?._length) return null;
  return {
    toX: toPixel(xaxis), toY: toPixel(yaxis),
    left: xaxis._offset, top: yaxis._offset,
    width: xaxis._length, height: yaxis._length,
  };
}

/** The points of a trace, as pixels in its subplot. */
export function pixelsOf(trace, { toX, toY }) {
  const points = new Array(trace.x.length);
  for (let i = 0; i < points.length; i++) points[i] = [toX(trace.x[i]), toY(trace.y[i])];
  return points;
}

/** Path through the points; a point that cannot be drawn leaves a gap. */
export function pathThrough(points, start = "M") {
  let path = "";
  let command = start;
  for (const point of points) {
    if (!isDrawable(point)) {
      command = "M";
      continue;
    }
    path += `${command}${clampPixel(point[0])},${clampPixel(point[1])}`;
    command = "L";
  }
  return path || "M0,0";
}

/** The part of a segment that is inside a box, as shares of its length; null if there is none. */
export function clipSegment([x0, y0], [x1, y1], { left = 0, top = 0, width, height }) {
  let [from, to] = [0, 1];
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const [p, q] of [[-dx, x0 - left], [dx, left + width - x0], [-dy, y0 - top], [dy, top + height - y0]]) {
    if (p === 0 && q < 0) return null;
    if (p < 0) from = Math.max(from, q / p);
    else if (p > 0) to = Math.min(to, q / p);
  }
  return from <= to ? [from, to] : null;
}

/** Of so many things, the one that is least far away, and how far it is. */
export function closest(count, distanceOf) {
  let [place, distance] = [0, Infinity];
  for (let i = 0; i < count; i++) {
    const far = distanceOf(i);
    if (far < distance) [place, distance] = [i, far];
  }
  return { place, distance };
}
