import assert from "node:assert/strict";
import { test } from "node:test";

import { applied } from "../../../../dashboard/chart/pure/patches.js";

test("steps change, add and take away, and leave the original alone", () => {
  const value = { a: [1, { b: 2 }], c: 3 };
  const changed = applied(value, [[["a", 1, "b"], 5], [["a", 2], "new"], [["c"]]]);
  assert.deepEqual(changed, { a: [1, { b: 5 }, "new"] });
  assert.deepEqual(value, { a: [1, { b: 2 }], c: 3 });
});

test("what is put in is a copy", () => {
  const part = { x: [1] };
  const first = applied({}, [[["p"], part]]);
  first.p.x.push(2);
  assert.deepEqual(part, { x: [1] });
});
