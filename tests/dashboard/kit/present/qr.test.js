import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { qrOf } from "../../../../dashboard/kit/present/pure/qr.js";

// Made by the package qrcode 8 for Python, with the same mask.
const SMALL = [
  "111111100010101111111",
  "100000100010001000001",
  "101110101101001011101",
  "101110101010101011101",
  "101110101001101011101",
  "100000101110101000001",
  "111111101010101111111",
  "000000001101100000000",
  "101111100010101111100",
  "111100001000110011100",
  "001000110001011001110",
  "010101011000010101100",
  "010010100001001100101",
  "000000001000111111000",
  "111111100000111100110",
  "100000101000110101100",
  "101110101011111010111",
  "101110101100000111000",
  "101110101011101100100",
  "100000100110110011100",
  "111111101101001010110",
];
// Text, modules along a side, SHA-256 of the rows.
const LARGE = [
  ["http://192.168.1.7:8501/lecture?lesson=burn-in", 33, "076930feab9540ece48bb1201439540f52a162b18215e212297cd91ca1359d39"],
  ["ü".repeat(70), 49, "6706c857f834fdf6c435d734c27ff87d9d7814a102afd98a641ca7488705cec1"],
  ["x".repeat(213), 57, "f8a692e420006d88c10e55f6fb2f048c68ad07db0d7c3f134adf4ff3fc04aae2"],
  [`https://example.org/explore?${"a=1&".repeat(80)}`, 73, "900014a89d6cab11c68ce9a1880e4d84cfacce25280d42cf84357fcdb367bbce"],
  ["a".repeat(600), 93, "ec1b1287fc85f7ff2f939c292f2e677db0569868a7b98e41d78eab31fb21ff62"],
];
const read = (rows) => rows.map((row) => row.join(""));

test("a small code is as another program draws it", () => {
  assert.deepEqual(read(qrOf("HELLO, world")), SMALL);
});

for (const [text, size, hash] of LARGE) {
  test(`so is one of ${size} modules a side`, () => {
    const rows = read(qrOf(text));
    assert.equal(rows.length, size);
    assert.equal(createHash("sha256").update(rows.join("\n")).digest("hex"), hash);
  });
}

test("the longest text has 666 bytes", () => {
  assert.equal(qrOf("a".repeat(666)).length, 97);
  assert.equal(qrOf("a".repeat(667)), null);
});
