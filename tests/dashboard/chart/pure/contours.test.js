import assert from "node:assert/strict";
import { test } from "node:test";

import { contourPath } from "../../../../dashboard/chart/pure/contours.js";

const plain = { toX: (x) => x, toY: (y) => y };
const grid = (count) => Array.from({ length: count }, (_, n) => n);
/** The lines of z(x, y) on a square grid, each as its points; `isClosed` if it ends where it begins. */
function linesOf(z, { start = 0, end = start, size = 1 } = {}) {
  const trace = { z, x: grid(z[0].length), y: grid(z.length), contours: { start, end, size } };
  return contourPath(trace, plain).split("M").filter(Boolean).map((text) => ({
    isClosed: text.endsWith("Z"),
    points: text.replace("Z", "").split("L").map((point) => point.split(",").map(Number)),
  }));
}
const sampled = (count, f) => grid(count).map((y) => grid(count).map((x) => f(x, y)));

test("a line runs through each cell, where the level is on its edges", () => {
  const [line, ...more] = linesOf([[0, 1], [0, 1]], { start: 0.3 });
  assert.deepEqual(more, []);
  assert.ok(!line.isClosed);
  assert.deepEqual(line.points.sort(), [[0.3, 0], [0.3, 1]]);
});

test("every kind of cell is cut on the right edges", () => {
  const points = { bottom: [0.5, 0], right: [1, 0.5], top: [0.5, 1], left: [0, 0.5] };
  const cases = [
    [[1, 0, 0, 0], "bottom left"], [[0, 1, 0, 0], "bottom right"], [[0, 0, 1, 0], "right top"], [[0, 0, 0, 1], "top left"],
    [[1, 1, 0, 0], "right left"], [[0, 1, 1, 0], "bottom top"],
  ];
  for (const [corners, edges] of cases) {
    for (const [a, b, c, d] of [corners, corners.map((high) => 1 - high)]) {
      const [line] = linesOf([[a, b], [d, c]], { start: 0.5 });
      assert.deepEqual(line.points.sort(), edges.split(" ").map((edge) => points[edge]).sort(), edges);
    }
  }
});

test("at a saddle the middle decides which corners are cut off", () => {
  const cuts = (...maps) =>
    maps.flatMap((z) => linesOf(z, { start: 0.5 })).map(({ points }) => points.sort().join(" ")).sort();
  // The middle is below the level: the high corners are cut off.
  assert.deepEqual(cuts([[0.8, 0], [0, 0.8]]), cuts([[0.8, 0], [0, 0]], [[0, 0], [0, 0.8]]));
  assert.deepEqual(cuts([[0, 0.8], [0.8, 0]]), cuts([[0, 0.8], [0, 0]], [[0, 0], [0.8, 0]]));
  // It is above: the low ones are.
  assert.deepEqual(cuts([[2, 0], [0, 2]]), cuts([[2, 0], [2, 2]], [[2, 2], [0, 2]]));
  assert.deepEqual(cuts([[1.1, 0], [0, 1.1]]).length, 2);
  assert.deepEqual(cuts([[1.1, 0], [0, 1.1]]), cuts([[1.1, 0], [1.1, 1.1]], [[1.1, 1.1], [0, 1.1]]));
  assert.deepEqual(cuts([[0, 2], [2, 0]]), cuts([[0, 2], [2, 2]], [[2, 2], [2, 0]]));
});

test("around a top the line is closed, and goes once around", () => {
  const lines = linesOf(sampled(21, (x, y) => 100 - (x - 10) ** 2 - (y - 10) ** 2), { start: 64 });
  assert.equal(lines.length, 1);
  assert.ok(lines[0].isClosed);
  for (const [x, y] of lines[0].points) assert.ok(Math.abs(Math.hypot(x - 10, y - 10) - 6) < 0.11, `${x}, ${y}`);
  let turned = 0;
  lines[0].points.forEach(([x, y], n, { length, ...points }) => {
    const [nextX, nextY] = points[(n + 1) % length];
    const step = Math.atan2(nextY - 10, nextX - 10) - Math.atan2(y - 10, x - 10);
    turned += Math.atan2(Math.sin(step), Math.cos(step));
  });
  assert.ok(Math.abs(Math.abs(turned) - 2 * Math.PI) < 1e-9);
});

test("the lines of a plane are straight, open, and on their levels: the last one as well", () => {
  const lines = linesOf(sampled(12, (x, y) => x + 2 * y + 0.05), { start: 3, end: 9, size: 2 });
  assert.equal(lines.length, 4);
  lines.forEach(({ isClosed, points }, n) => {
    assert.ok(!isClosed);
    for (const [x, y] of points) assert.ok(Math.abs(x + 2 * y + 0.05 - (3 + 2 * n)) < 0.16, `${x}, ${y}`);
    for (const [x, y] of [points[0], points.at(-1)]) assert.ok([x, y].some((end) => end === 0 || end === 11), `${x}, ${y}`);
  });
});

test("what is at the level is below it, as with Plotly", () => {
  assert.deepEqual(linesOf([[0, 0], [1, 1]], { start: 0 }).length, 1);
  assert.deepEqual(linesOf([[0, 0], [1, 1]], { start: 1 }), []);
});

test("a cell with a missing corner has no line; its neighbours have", () => {
  const z = [[0, 0, 0, 0], [1, NaN, 1, 1]];
  const [line, ...more] = linesOf(z, { start: 0.5 });
  assert.deepEqual(more, []);
  assert.deepEqual(line.points.sort(), [[2, 0.5], [3, 0.5]]);
});

test("two tops have two lines, and a flat map none", () => {
  const two = sampled(20, (x, y) => Math.exp(-((x - 4) ** 2) - (y - 4) ** 2) + Math.exp(-((x - 14) ** 2) - (y - 14) ** 2));
  assert.deepEqual(linesOf(two, { start: 0.3 }).map(({ isClosed }) => isClosed), [true, true]);
  assert.deepEqual(linesOf(sampled(5, () => 1), { start: 0.5, end: 1.5, size: 0.5 }), []);
});
