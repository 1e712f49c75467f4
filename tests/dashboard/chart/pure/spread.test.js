import assert from "node:assert/strict";
import { test } from "node:test";

import { subplotOf } from "../../../../dashboard/chart/pure/geometry.js";
import { Order, placed, pointSeen, spread } from "../../../../dashboard/chart/pure/spread.js";
import { layoutOf } from "./layouts.js";

const AREA = subplotOf(layoutOf());
const STAGE = { width: 800, height: 400 };
const GAP = 12;
const label = (point, more = {}) => ({ point, width: 60, height: 20, ...more });
const at = (point, position, more) => placed(label(point, more), position, GAP, AREA, STAGE);

test("a name stands beside its point, above it or below it", () => {
  const [x, y] = [300, 200];
  const places = {
    "middle right": [x + 12, y], "middle left": [x - 12 - 60, y], "middle center": [x - 30, y],
    "top right": [x, y - 13], "bottom left": [x - 60, y + 13], "top center": [x - 30, y - 13],
  };
  for (const [position, place] of Object.entries(places)) {
    const { left, middle } = at([x, y], position);
    assert.deepEqual([left, middle], place, position);
  }
});

test("it leaves neither its subplot nor the stage", () => {
  assert.equal(at([300, 22], "middle right").middle, 30);
  assert.equal(at([300, 359], "middle right").middle, 350);
  assert.equal(at([790, 200], "middle right").left, 738);
  assert.equal(at([5, 200], "middle left").left, 2);
  // One that belongs over its subplot stays there.
  assert.equal(at([300, 20], "top center").middle, 10);
});

test("names at one point are moved apart, as little as need be, and stay inside", () => {
  const labels = [0, 1, 2, 3].map(() => at([300, 200], "middle right"));
  spread(labels);
  const middles = labels.map(({ middle }) => middle);
  middles.slice(1).forEach((middle, n) => assert.ok(middle - middles[n] > 19.8, String(middles)));
  assert.ok(middles[3] - middles[0] < 61);
  assert.ok(Math.abs(middles[0] + middles[3] - 400) < 1);
});

test("names that do not meet are left alone", () => {
  const [one, aside, below] = [at([300, 200], "middle right"), at([400, 200], "middle right"), at([300, 221], "middle right")];
  spread([one, aside, below]);
  assert.deepEqual([one, aside, below].map(({ middle }) => middle), [200, 200, 221]);
});

test("names that are nearly side by side are kept apart as well", () => {
  for (const apart of [-63, 63]) {
    const pair = [at([300, 200], "middle right"), at([300 + apart, 200], "middle right")];
    spread(pair);
    assert.ok(pair[1].middle - pair[0].middle > 19.8, String(apart));
  }
});

test("at the edge they are moved inwards, and where there is hardly room none is outside", () => {
  const edge = [0, 1, 2].map(() => at([300, 359], "middle right"));
  spread(edge);
  assert.ok(edge.every(({ middle }) => middle <= 350));
  assert.ok(edge[0].middle < 311 && edge[2].middle > 349, String(edge.map(({ middle }) => middle)));
  const full = Array.from({ length: 17 }, () => at([300, 200], "middle right"));
  spread(full);
  full.slice(1).forEach(({ middle }, n) => assert.ok(middle - full[n].middle > 19.5));
  assert.ok(full.at(-1).middle <= 350 && full[0].middle >= 29);
});

test("names keep their order until it is clearly another one", () => {
  const order = new Order();
  const sorted = (wanted) => order.sort(Object.entries(wanted).map(([key, y]) => ({ key, wanted: y, height: 20 }))).map(({ key }) => key).join("");
  assert.equal(sorted({ a: 100, b: 90, c: 200 }), "bac");
  assert.equal(sorted({ a: 100, b: 113, c: 200 }), "bac"); // less than 0.7 of a line
  assert.equal(sorted({ a: 100, b: 115, c: 200 }), "abc");
  assert.equal(sorted({ a: 113, b: 100, c: 200 }), "abc");
  assert.equal(sorted({ a: 113, b: 100, c: 200, d: 95 }), "dabc"); // a new one has no order to keep
});

const curve = (x, y, more = {}) => ({ type: "scatter", mode: "lines", x, y, ...more });
const seen = (data, x, y) => pointSeen(data, { x: [x], y: [y] }, 0, AREA);

test("a name is led to its point, or to where its curve leaves the subplot", () => {
  const data = [curve([0, 5, 10, 20], [1, 0.5, 0.5, 0.5])];
  assert.deepEqual(seen(data, 5, 0.5), [250, 170]);
  assert.deepEqual(seen(data, 20, 0.5), [500, 170]);
  assert.deepEqual(seen([curve([0, 20], [0.5, 0.7])], 20, 0.7), [500, 136]);
  assert.deepEqual(seen([curve([0, 5, NaN, 20], [0.5, 0.5, 0.5, 0.5])], 20, 0.5), [250, 170]);
  // From the first point, before which there is nothing, to the right.
  assert.deepEqual(seen([curve([-5, 5], [0.5, 0.5])], -5, 0.5), [0, 170]);
});

test("there is none if the curve is not seen at all, or has no such point", () => {
  assert.equal(seen([curve([20, 30], [0.5, 0.5])], 30, 0.5), null);
  assert.equal(seen([curve([0, 20], [0.5, 0.5])], 19, 0.5), null);
  assert.equal(seen([curve([0, 20], [0.5, 0.5], { visible: false })], 20, 0.5), null);
  assert.equal(seen([curve([0, 20], [0.5, 0.5], { xaxis: "x2" })], 20, 0.5), null);
  assert.equal(seen([curve([0, 20], [0.5, 0.5], { mode: "markers" })], 20, 0.5), null);
});
