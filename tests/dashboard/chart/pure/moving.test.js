import assert from "node:assert/strict";
import { test } from "node:test";

import { showMoving } from "../../../../dashboard/chart/pure/moving.js";

test("a trace shows the row of the place, or the last one there is", () => {
  const data = [{ y: [0] }, { y: [0] }];
  const moving = [{ trace: 0, by: 0, y: [[1], [2]], text: ["a", "b"] }, { trace: 1, by: 1, y: [[3], [4], [5]] }];
  showMoving(moving, data, [1, 2]);
  assert.deepEqual(data, [{ y: [2], text: "b" }, { y: [5] }]);
  showMoving(moving, data, [9, 0]);
  assert.deepEqual(data, [{ y: [2], text: "b" }, { y: [3] }]);
});

test("a trace can be the column of the rows of another", () => {
  const data = [{}, {}];
  showMoving([{ trace: 0, by: 0, y: [[1, 2], [3, 4]] }, { trace: 1, by: 1, y: { across: 0 } }], data, [0, 1]);
  assert.deepEqual(data[0].y, [1, 2]);
  assert.deepEqual([...data[1].y], [2, 4]);
});

test("a way has been gone as far as the cursor, and can be gone back", () => {
  const data = [{ x: Float64Array.of(0, 1, 2), y: Float64Array.of(5, 6, 7) }];
  const moving = [{ trace: 0, by: 0, walk: true }];
  const seen = (place) => {
    showMoving(moving, data, [place, 0]);
    return [[...data[0].x], [...data[0].y]];
  };
  assert.deepEqual(seen(1), [[0, 1, 1], [5, 6, 6]]);
  assert.deepEqual(seen(0), [[0, 0, 0], [5, 5, 5]]);
  assert.deepEqual(seen(2), [[0, 1, 2], [5, 6, 7]]);
});
