import assert from "node:assert/strict";
import { test } from "node:test";

import { isDark, paletteOf, pixelsOfMap } from "../../../../dashboard/chart/pure/palette.js";

const SCALE = [[0, "#000000"], [0.5, "rgb(200, 100, 50)"], ["1", "#1234aB"]];
const rgba = (pixel) => [...new Uint8Array(Uint32Array.of(pixel).buffer)];

test("the colours run from stop to stop", () => {
  const palette = paletteOf(SCALE);
  assert.equal(palette.length, 256);
  assert.deepEqual(rgba(palette[0]), [0, 0, 0, 255]);
  assert.deepEqual(rgba(palette[51]), [80, 40, 20, 255]); // a fifth of the way
  assert.deepEqual(rgba(palette[204]), [91, 71, 123, 255]);
  assert.deepEqual(rgba(palette[255]), [0x12, 0x34, 0xab, 255]);
});

test("the first row of a map is at the bottom, and what is not a number is clear", () => {
  const axis = { cmin: -4, cmax: 0, colorscale: SCALE };
  const pixels = pixelsOfMap([[-4, -2, 0], [NaN, -9, 9]], axis);
  const palette = paletteOf(SCALE);
  assert.deepEqual([...pixels], [0, palette[0], palette[255], palette[0], palette[128], palette[255]]);
  assert.deepEqual([...pixelsOfMap([[0]], axis)], [palette[255]]);
});

test("a dark background is told from a light one", () => {
  assert.equal(isDark("#0F1319"), true);
  assert.equal(isDark("rgb(255, 255, 255)"), false);
  assert.equal(isDark("#fff"), false);
});
