import assert from "node:assert/strict";
import { test } from "node:test";

import { afterKey, afterStroke, completed, fractionOf, shareOf, valueAt } from "../../../../dashboard/chart/pure/sketching.js";

const EMPTY = [null, null, null, null, null];
const at = (fraction, share) => ({ fraction, share });

test("a coordinate is a fraction between the places on both of its sides", () => {
  const places = [0, 10, 30];
  assert.deepEqual([-5, 0, 5, 10, 20, 30, 99].map((x) => fractionOf(x, places)), [0, 0, 0.5, 1, 1.5, 2, 2]);
});

test("a stroke draws a straight line over the places that it passes, in both directions", () => {
  const right = afterStroke(EMPTY, at(0, 1), at(4, 0));
  assert.deepEqual(right, [1, 0.75, 0.5, 0.25, 0]);
  assert.deepEqual(afterStroke(EMPTY, at(4, 0), at(0, 1)), right);
  assert.deepEqual(afterStroke(EMPTY, at(1, 0.5), at(2, 0.5)), [null, 0.5, 0.5, null, null]);
});

test("a press alone sets one place, and a second stroke takes the place of the first", () => {
  const pressed = afterStroke(EMPTY, at(2.2, 0.3), at(2.2, 0.3));
  assert.deepEqual(pressed, [null, null, 0.3, null, null]);
  assert.equal(afterStroke(pressed, at(2, 0.9), at(2, 0.9))[2], 0.9);
});

test("a curve stays inside the plot", () => {
  assert.deepEqual(afterStroke(EMPTY, at(0, 1.5), at(4, -0.5)).map((share) => share >= 0 && share <= 1), EMPTY.map(() => true));
});

test("what was not drawn lies on a line between its neighbours, or at the height of the nearest", () => {
  assert.deepEqual(completed([null, 0.2, null, 0.6, null]), [0.2, 0.2, 0.4, 0.6, 0.6]);
  assert.equal(completed(EMPTY), null);
  const whole = [0.1, 0.2, 0.3, 0.4, 0.5];
  assert.deepEqual(completed(whole), whole);
});

test("a key moves one place, from where the curve is there", () => {
  assert.deepEqual(afterKey(EMPTY, 0, 0.1, 0.5), [0.6, null, null, null, null]);
  assert.deepEqual(afterKey([0.5, null, null, null, 0.9], 2, 0.1, 0), [0.5, null, 0.7999999999999999, null, 0.9]);
  assert.equal(afterKey([1, 1, 1, 1, 1], 1, 0.1, 0)[1], 1);
});

test("a share of the height is a value of the axis", () => {
  assert.equal(valueAt(0.5, { range: [-4, 2], type: "log" }), 0.1);
  assert.equal(valueAt(0.25, { range: [0, 8], type: "linear" }), 2);
});

test("a value of the axis is a share of its height, and stays on it", () => {
  assert.equal(shareOf(0.1, { range: [-4, 2], type: "log" }), 0.5);
  assert.equal(shareOf(2, { range: [0, 8], type: "linear" }), 0.25);
  assert.equal(shareOf(99, { range: [0, 8], type: "linear" }), 1);
});
