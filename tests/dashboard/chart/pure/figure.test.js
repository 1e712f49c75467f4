import assert from "node:assert/strict";
import { test } from "node:test";

import { isSameMap, withDefaults, withWaiting } from "../../../../dashboard/chart/pure/figure.js";

test("defaults stand where nothing is set", () => {
  const defaults = { font: { size: 17, color: "black" }, xaxis: { color: "grey" }, list: [1, 2] };
  const values = { font: { size: 12 }, list: [3], title: "t" };
  assert.deepEqual(withDefaults(defaults, values), {
    font: { size: 12, color: "black" }, xaxis: { color: "grey" }, list: [3], title: "t",
  });
  assert.deepEqual(withDefaults(defaults, { font: null }).font, null);
  assert.deepEqual(values.font, { size: 12 });
});

const layout = { xaxis: { range: [0, 10], type: "linear" }, yaxis: { range: [-3, 0], type: "log" } };
const waiting = (trace, data = []) => withWaiting({ type: "scatter", ...trace }, { data, layout });

test("marks that have no place wait outside the axes, on both kinds of them", () => {
  const trace = { mode: "markers", x: [1, NaN], y: [0.1, null] };
  const { x, y } = waiting(trace);
  assert.deepEqual(x, [1, -10]);
  assert.equal(y[0], 0.1);
  assert.ok(Math.abs(y[1] / 1e-6 - 1) < 1e-12);
  const placed = { mode: "text", x: [1], y: [0.1] };
  assert.deepEqual(waiting(placed), { type: "scatter", ...placed });
});

test("a line waits only if no point of it has a place, and no area reaches out to it", () => {
  const none = { mode: "lines", x: [NaN, NaN], y: [1, 1] };
  assert.deepEqual(waiting(none).x, [-10, -10]);
  assert.equal(waiting({ ...none, x: [2, NaN] }).x[1], NaN);
  assert.deepEqual(waiting(none, [{ fill: "tonexty" }]).x, [NaN, NaN]);
  assert.deepEqual(waiting({ ...none, mode: "lines+markers" }).x, [NaN, NaN]);
});

test("what is no curve, or lies on axes without a range, stays as it is", () => {
  const map = { type: "heatmap", x: [NaN], y: [1] };
  assert.equal(withWaiting(map, { data: [], layout }), map);
  assert.deepEqual(waiting({ mode: "markers", x: [NaN], y: [1], xaxis: "x2" }).x, [NaN]);
  assert.deepEqual(waiting({ x: [NaN], y: [1] }).x, [NaN]);
});

test("maps are the same if they show the same", () => {
  const map = (z, contours = { start: 0, end: 2, size: 1 }) => ({ z, contours });
  const z = [Float64Array.of(1, NaN), Float64Array.of(3, 4)];
  const copy = z.map((row) => row.slice());
  assert.ok(isSameMap(map(z), map(copy)));
  copy[1][1] = 5;
  assert.ok(!isSameMap(map(z), map(copy)));
  assert.ok(!isSameMap(map(z), map(z, { start: 0, end: 2, size: 0.5 })));
  assert.ok(!isSameMap(map(z), map(z.slice(1))));
  assert.ok(!isSameMap(map(z), map([...z, z[0]])));
  assert.ok(isSameMap({ z }, { z }) && !isSameMap({}, { z }));
});
