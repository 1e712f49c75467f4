import assert from "node:assert/strict";
import { test } from "node:test";

import { freeCorner } from "../../../../dashboard/chart/pure/corners.js";
import { layoutOf } from "./layouts.js";

const SIZE = { width: 100, height: 50 };
const line = (x, y, more = {}) => ({ type: "scatter", mode: "lines", x, y, ...more });
const corner = (data, current) => freeCorner(layoutOf(), data, SIZE, current);

test("a note stands in the top right corner, a little off the edges", () => {
  assert.deepEqual(corner([]), { name: "top right", left: 490, top: 30, ...SIZE });
});

test("a line that only passes through a corner takes it", () => {
  const rising = line([5, 10], [0.5, 1]);
  assert.deepEqual(corner([rising]), { name: "bottom left", left: 110, top: 300, ...SIZE });
  const cross = line([0, 10, NaN, 0, 10], [0, 1, NaN, 1, 0]);
  assert.equal(corner([cross]), null);
});

test("marks take the corner in which they are, and what joins them does not", () => {
  const marks = { type: "scatter", mode: "markers", x: [9.5, 9.5], y: [0.95, 0.05] };
  assert.equal(corner([marks]).name, "bottom left");
  const aside = { ...marks, x: [7, 9.9], y: [0.99, 0.7] };
  assert.equal(corner([aside]).name, "top right");
  assert.equal(corner([{ ...aside, mode: "lines" }]).name, "bottom left");
});

test("what is switched off takes no room, and a map takes all of it", () => {
  assert.equal(corner([line([5, 10], [0.5, 1], { visible: false })]).name, "top right");
  assert.equal(corner([{ type: "heatmap" }]), null);
  assert.equal(corner([line([5, 10], [0.5, 1], { xaxis: "x9" })]).name, "top right");
});

test("it stays where it is for as long as it can", () => {
  assert.equal(corner([], "bottom right").name, "bottom right");
  assert.equal(corner([line([5, 10], [0.5, 0])], "bottom right").name, "top right");
  assert.equal(corner([], "above").name, "top right");
});
