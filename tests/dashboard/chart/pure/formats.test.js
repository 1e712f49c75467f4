import assert from "node:assert/strict";
import { test } from "node:test";

import { formatRatio, formatValue } from "../../../../dashboard/chart/pure/formats.js";

test("a value is short: plain where that is as short as a power", () => {
  const texts = [
    [0, "0"], [1e-300, "0"], [5e-301, "0"], [2e-300, "2·10⁻³⁰⁰"], [NaN, "–"], [Infinity, "–"],
    [3, "3"], [999999, "999999"], [1e6, "10⁶"], [0.26, "0.26"], [0.01, "0.01"], [9.97e-3, "10⁻²"],
    [9.96e-3, "10⁻²"], [9.94e-3, "9.9·10⁻³"], [123.456, "123"], [999.49, "999"], [999.5, "10³"],
    [2.04e-5, "2·10⁻⁵"], [2.5e-5, "2.5·10⁻⁵"], [1e-4, "10⁻⁴"], [1.5e6, "1.5·10⁶"], [1.234e-12, "1.2·10⁻¹²"],
  ];
  for (const [value, text] of texts) assert.equal(formatValue(value), text, String(value));
});

test("digits are those after the point of the mantissa", () => {
  assert.equal(formatValue(1.2345e-7, 2), "1.23·10⁻⁷");
  assert.equal(formatValue(1.2345e-7, 0), "10⁻⁷");
});

test("a ratio has one digit after the point below ten, and none below a thousand", () => {
  const texts = [[1, "1.0×"], [9.94, "9.9×"], [9.95, "10×"], [999.49, "999×"], [999.5, "10³×"], [1234.5, "1.2·10³×"], [NaN, "–"], [Infinity, "–"]];
  for (const [value, text] of texts) assert.equal(formatRatio(value), text, String(value));
});
