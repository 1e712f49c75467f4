import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { decode } from "../../../../dashboard/chart/pure/decoding.js";

const packed = (array, more = {}) => ({
  dtype: array instanceof Float32Array ? "f4" : "f8",
  bdata: Buffer.from(array.buffer).toString("base64"),
  ...more,
});
const { fromBase64 } = Uint8Array;

afterEach(() => {
  Uint8Array.fromBase64 = fromBase64;
});

for (const [name, own] of [
  ["with the browser's own decoder", (text) => new Uint8Array(Buffer.from(text, "base64"))],
  ["without it", undefined],
]) {
  test(`arrays come back to the last bit, ${name}`, () => {
    Uint8Array.fromBase64 = own;
    const values = [1 / 3, 0, -0, 1e-300, NaN, Infinity];
    const double = decode(packed(Float64Array.from(values)));
    assert.ok(double instanceof Float64Array);
    assert.deepEqual([...double], values);
    const single = decode(packed(Float32Array.from(values)));
    assert.ok(single instanceof Float32Array);
    assert.deepEqual([...single], values.map(Math.fround));
  });
}

test("an array of rows has so many rows and columns", () => {
  const rows = decode(packed(Float64Array.of(1, 2, 3, 4, 5, 6), { shape: "2, 3" }));
  assert.deepEqual(rows.map((row) => [...row]), [[1, 2, 3], [4, 5, 6]]);
});

test("they are found anywhere in a figure, and all else stays", () => {
  const trace = { name: "ITD", x: [1, null, "a"], y: packed(Float64Array.of(7)), line: { width: 2 }, none: null };
  const moved = decode({ data: [trace], moving: [{ y: [packed(Float32Array.of(1)), packed(Float32Array.of(2))] }] });
  assert.deepEqual(moved.data[0], { ...trace, y: Float64Array.of(7) });
  assert.deepEqual(moved.moving[0].y, [Float32Array.of(1), Float32Array.of(2)]);
  assert.equal(decode(undefined), undefined);
});
