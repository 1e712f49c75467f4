// The fast path: new curves by moving the SVG elements that Plotly has already drawn.
//
// A Plotly.react takes several frames' time; writing the coordinates takes a fraction of one.
// Everything that leans on Plotly's markup is in this file and in maps.js. `moveTraces` answers
// false when it meets something unexpected, and the caller then lets Plotly draw.

/** The axis of that id, "x2" for example, as Plotly has drawn it. */
const axisOf = (layout, id) => layout[`${id[0]}axis${id.slice(1)}`];

/** Data value -> pixel inside the axis, with the range that is on the screen now. */
function toPixel(axis) {
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

// SVG renderers lose precision far outside the view.
const clampPixel = (p) => Math.round(Math.max(-1e5, Math.min(1e5, p)) * 10) / 10;

function pixelsOf(trace, toX, toY) {
  const points = new Array(trace.x.length);
  for (let i = 0; i < points.length; i++) points[i] = [toX(trace.x[i]), toY(trace.y[i])];
  return points;
}

const isInside = ([x, y], { width, height }) => x > -1 && y > -1 && x < width + 1 && y < height + 1;
const isDrawable = (point) => Number.isFinite(point[0]) && Number.isFinite(point[1]);

/** Path through the points; a point that cannot be drawn leaves a gap. */
function pathThrough(points, start = "M") {
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

/** What must stay the same for elements to be reusable. */
function structureOf(figure) {
  const names = Object.keys(figure.layout).filter(isAxis);
  const axes = names.map((name) => [name, figure.layout[name].type, figure.layout[name].domain]);
  const traces = figure.data.map((t) => [t.name, t.type, t.mode, t.fill, t.visible, t.line?.shape]);
  return JSON.stringify([axes, traces]);
}

// So much of an axis may be missing while the hand moves.
const OVERHANG = 0.05;

/**
 * Whether what fits on the axes and on the colour scale of one layout fits on those of another.
 * `isFree` tells which axes do not matter.
 */
function fitsOn(drawn, wanted, isFree) {
  const covers = ([from, to], [low, high]) => {
    const spare = OVERHANG * (to - from);
    return low >= from - spare && high <= to + spare;
  };
  return Object.keys(wanted).every((name) => {
    const [here, there] = [drawn[name] ?? {}, wanted[name]];
    if (name.startsWith("coloraxis")) return covers([here.cmin, here.cmax], [there.cmin, there.cmax]);
    return !isAxis(name) || isFree(name) || !there.range || (here.range && covers(here.range, there.range));
  });
}

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

/**
 * Marks and texts of a trace that have no place, and a line that has none at all, wait outside the
 * frame: Plotly makes an element for each of them, which can be moved in when there is a place.
 */
function withWaiting(trace, { data, layout }) {
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

/** Draw `data` by moving what is there. */
function moveTraces(plot, data) {
  const { _fullLayout: layout, calcdata } = plot;
  const drawn = new Map();
  for (const calc of calcdata) {
    const full = calc[0].trace;
    if (full.visible !== true) continue; // switched off in the legend
    const trace = data[full.index];
    const group = calc[0].node3?.node();
    if (!group) return false;
    const xaxis = axisOf(layout, full.xaxis);
    const yaxis = axisOf(layout, full.yaxis);
    const toX = toPixel(xaxis);
    const toY = toPixel(yaxis);
    if (full.type !== "scatter") {
      if (!moveMap(group, full, trace, layout, toX, toY)) return false;
      continue;
    }
    const area = { width: xaxis._length, height: yaxis._length };
    const points = pixelsOf(trace, toX, toY);
    drawn.set(full.uid, { group, points });

    const previous = full._prevtrace && drawn.get(full._prevtrace.uid);
    if (full.mode.includes("lines") && !moveLines(group, points)) return false;
    if (full.fill !== "none" && !moveFill(full, group, points, previous)) return false;

    const before = full.mode === "lines" ? null : pixelsOf(full, toX, toY); // where Plotly has put them
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
function forgetMoves(plot) {
  for (const text of plot.querySelectorAll(".textpoint[transform]")) text.removeAttribute("transform");
  for (const point of plot.querySelectorAll(".scatterlayer [display]")) point.removeAttribute("display");
  forgetMaps(plot);
}
