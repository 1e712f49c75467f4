import assert from "node:assert/strict";
import { test } from "node:test";

import { isTaken, nameOf } from "../../../../dashboard/kit/present/pure/press.js";

test("a key has one name", () => {
  assert.equal(nameOf({ key: "P", shiftKey: true }), "p");
  assert.equal(nameOf({ key: "?", shiftKey: true }), "?");
  assert.equal(nameOf({ key: " " }), "Space");
  assert.equal(nameOf({ key: "ArrowRight", shiftKey: true }), "Shift+ArrowRight");
  assert.equal(nameOf({ key: "PageDown" }), "PageDown");
});

test("what belongs to the browser, or writes a letter of many keys, has none", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey", "isComposing"]) {
    assert.equal(nameOf({ key: "p", [held]: true }), "");
  }
});

test("a text field keeps every key, a slider those that move it, a button the space bar", () => {
  const keys = ["p", "Space", "ArrowLeft", "Shift+ArrowLeft", "PageDown", "?"];
  const taken = (kind) => keys.filter((key) => isTaken(key, kind));
  assert.deepEqual(taken("text"), keys);
  assert.deepEqual(taken("moved"), ["Space", "ArrowLeft", "Shift+ArrowLeft", "PageDown"]);
  assert.deepEqual(taken("button"), ["Space"]);
  assert.deepEqual(taken(""), []);
});
