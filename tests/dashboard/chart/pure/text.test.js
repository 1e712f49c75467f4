import assert from "node:assert/strict";
import { test } from "node:test";

import { fontOf, linesOf, piecesOf } from "../../../../dashboard/chart/pure/text.js";

test("markup becomes pieces with their style", () => {
  const plain = { b: 0, i: 0, sub: 0, sup: 0 };
  assert.deepEqual(piecesOf(" ITD "), [{ ...plain, text: "ITD" }]);
  assert.deepEqual(piecesOf("<b>q<sup>k</sup></b>, <i>w<sub>t</sub></i>"), [
    { ...plain, b: 1, text: "q" }, { ...plain, b: 1, sup: 1, text: "k" }, { ...plain, text: ", " },
    { ...plain, i: 1, text: "w" }, { ...plain, i: 1, sub: 1, text: "t" },
  ]);
  assert.deepEqual(piecesOf("k < 3"), [{ ...plain, text: "k < 3" }]);
});

test("a style becomes a font; raised and lowered text is smaller", () => {
  assert.equal(fontOf({}, 20, "serif"), "400 20px serif");
  assert.equal(fontOf({ b: 1, i: 1, sup: 1 }, 20, "serif"), "italic 700 14px serif");
});

test("words are in as few lines as there is room for, and none is lost", () => {
  const measure = (text) => text.length;
  assert.deepEqual(linesOf("aa bb cc", 5, measure), ["aa bb", "cc"]);
  assert.deepEqual(linesOf("aa bb cc", 4, measure), ["aa", "bb", "cc"]);
  assert.deepEqual(linesOf("aa bb cc", 8, measure), ["aa bb cc"]);
  assert.deepEqual(linesOf("aaaaaaaa b", 3, measure), ["aaaaaaaa", "b"]);
  assert.deepEqual(linesOf("", 3, measure), [""]);
});
