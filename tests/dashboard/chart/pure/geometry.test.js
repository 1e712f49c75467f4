import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clampPixel, clipSegment, closest, isDrawable, isInside, pathThrough, pixelsOf, subplotOf, toPixel,
} from "../../../../dashboard/chart/pure/geometry.js";
import { axis, layoutOf } from "./layouts.js";

test("data become pixels: to the right along x, and up along y", () => {
  const [x, y] = [toPixel(axis("x", 100, 500, [0, 10])), toPixel(axis("y", 20, 340, [-1, 1]))];
  assert.deepEqual([0, 5, 10, 20].map(x), [0, 250, 500, 1000]);
  assert.deepEqual([-1, 0, 1].map(y), [340, 170, 0]);
  const flipped = toPixel(axis("x2", 0, 100, [10, 0]));
  assert.deepEqual([8, 0].map(flipped), [20, 100]);
});

test("a logarithmic axis has powers of ten as its ends, and no place for what is not positive", () => {
  const x = toPixel(axis("x", 0, 300, [-2, 1], "log"));
  assert.deepEqual([0.01, 0.1, 1, 10].map(x).map(Math.round), [0, 100, 200, 300]);
  for (const value of [0, -1, null, undefined, NaN]) assert.ok(Number.isNaN(x(value)), String(value));
});

test("what is missing has no place", () => {
  const x = toPixel(axis("x", 0, 100, [0, 1]));
  for (const value of [null, undefined, NaN]) assert.ok(Number.isNaN(x(value)), String(value));
});

test("a subplot lies where its axes are; without one of them there is none", () => {
  const layout = { ...layoutOf(), xaxis2: axis("x2", 700, 80, [0, 4]) };
  const { left, top, width, height } = subplotOf(layout, "x2", "y");
  assert.deepEqual([left, top, width, height], [700, 20, 80, 340]);
  assert.equal(subplotOf(layout).left, 100);
  assert.equal(subplotOf(layout, "x3", "y"), null);
  assert.equal(subplotOf({ ...layout, yaxis: {} }), null);
  assert.deepEqual(pixelsOf({ x: [0, 10], y: [0, 1] }, subplotOf(layout)), [[0, 340], [500, 0]]);
});

test("a path goes through all points that can be drawn, and leaves gaps", () => {
  assert.equal(pathThrough([[0, 1], [2.04, 3.06]]), "M0,1L2,3.1");
  assert.equal(pathThrough([[0, 0], [NaN, 1], [2, 2], [3, 3]]), "M0,0M2,2L3,3");
  assert.equal(pathThrough([[1, 1], [2, 2]], "L"), "L1,1L2,2");
  assert.equal(pathThrough([]), "M0,0");
  assert.equal(pathThrough([[NaN, NaN]]), "M0,0");
});

test("pixels have one digit after the point and are never too far away to be drawn", () => {
  assert.deepEqual([1.24, 1.26, -3e7, 3e7].map(clampPixel), [1.2, 1.3, -1e5, 1e5]);
});

test("a point is inside as far as a pixel past the edge", () => {
  const area = { width: 10, height: 20 };
  for (const point of [[0, 0], [-0.9, 20.9], [10.9, -0.9]]) assert.ok(isInside(point, area), String(point));
  for (const point of [[-1, 5], [11, 5], [5, -1], [5, 21], [NaN, 5]]) assert.ok(!isInside(point, area), String(point));
  assert.ok(isDrawable([1, 2]) && !isDrawable([NaN, 2]) && !isDrawable([1, Infinity]));
});

test("the part of a segment in a box", () => {
  const box = { left: 10, top: 10, width: 10, height: 10 };
  assert.deepEqual(clipSegment([12, 12], [18, 15], box), [0, 1]);
  assert.deepEqual(clipSegment([0, 15], [40, 15], box), [0.25, 0.5]);
  assert.deepEqual(clipSegment([15, 0], [15, 15], box), [2 / 3, 1]);
  assert.deepEqual(clipSegment([15, 15], [15, 0], box), [0, 1 / 3]);
  assert.equal(clipSegment([0, 9], [40, 9], box), null);
  assert.equal(clipSegment([0, 15], [9, 15], box), null);
  assert.equal(clipSegment([0, 19], [12, 31], box), null); // past the corner
  const corner = { width: 10, height: 10 };
  assert.deepEqual(clipSegment([0, 0], [0, 5], corner), [0, 1]);
  assert.deepEqual(clipSegment([-5, 0], [0, 0], corner), [1, 1]); // touches it
  assert.deepEqual(clipSegment([9.5, 5], [10.25, 5], corner), [0, 2 / 3]);
  assert.deepEqual(clipSegment([5, 5], [5, 5], corner), [0, 1]);
  assert.equal(clipSegment([15, 5], [15, 5], corner), null);
});

test("the closest of some things; of none, nothing is near", () => {
  const distances = [3, 1, 2, 1];
  assert.deepEqual(closest(4, (i) => distances[i]), { place: 1, distance: 1 });
  assert.deepEqual(closest(2, (i) => i), { place: 0, distance: 0 });
  assert.deepEqual(closest(2, () => NaN), { place: 0, distance: Infinity });
});
