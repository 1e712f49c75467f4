import assert from "node:assert/strict";
import { test } from "node:test";

import { clamp, nearest, placesOf } from "../../../../dashboard/chart/pure/places.js";

test("the nearest place of a step", () => {
  const cases = [
    [[0, 1, 2, 3], 2, 2], [[0, 2, 4], 3, 1], [[0, 10, 20], 16, 2], [[0, 10, 20], 400, 2], [[5, 10], 0, 0], [[], 7, 0],
  ];
  for (const [at, step, place] of cases) assert.equal(nearest(at, step), place, `${step} of ${at}`);
});

test("it is that of a search through all places; of two that are as near, the first", () => {
  const at = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55];
  for (let step = -3; step < 60; step += 0.5) {
    const distances = at.map((each) => Math.abs(each - step));
    assert.equal(nearest(at, step), distances.indexOf(Math.min(...distances)), String(step));
  }
});

test("a place that is too far is the first or the last", () => {
  const at = [0, 5, 9];
  assert.deepEqual([-1, 0, 1, 2, 3, Infinity].map((place) => clamp(place, at)), [0, 0, 1, 2, 2, 2]);
});

test("a place is its own number unless the frame says another", () => {
  const names = ["a", "b"];
  assert.deepEqual(placesOf({ steps: names }), { step: { names, at: [0, 1] }, other: { names: [], at: [] } });
  const plane = placesOf({ steps: names, at: [3, 7], other: { steps: ["c"], at: [9] } });
  assert.deepEqual(plane, { step: { names, at: [3, 7] }, other: { names: ["c"], at: [9] } });
});
