import assert from "node:assert/strict";
import { test } from "node:test";

import { labelOf, pinnedOf, withPinned } from "../../../../dashboard/chart/pure/pinned.js";

const curve = (name, extra = {}) => ({
  type: "scatter", mode: "lines+markers", name, x: [0, 1], y: [1, 0.5], line: { color: "#0072B2", dash: "9px,5px", width: 3 }, ...extra,
});
const frame = (title = "Ridge · q = 0.9 · seed 1", type = "log") => ({
  figure: { data: [curve("ITD"), curve("bound"), curve("way")], layout: { xaxis: {}, yaxis: { type, title: { text: "Error" } } } },
  readout: [{ trace: 0, bounds: [] }, { trace: 2, bounds: [] }],
  moving: [{ trace: 2 }],
  title,
});

test("the curves that are read are pinned, and not what moves with the cursor", () => {
  const { curves, title } = pinnedOf(frame());
  assert.deepEqual(curves.map(({ name }) => name), ["ITD"]);
  assert.equal(title, "Ridge · q = 0.9 · seed 1");
});

test("a map has nothing to pin", () => {
  const map = { figure: { data: [{ type: "heatmap" }], layout: {} }, readout: [{ trace: 0, bounds: [] }] };
  assert.equal(pinnedOf(map), null);
});

test("they are pale, in one colour, after all curves, with what they are in the key", () => {
  const pinned = pinnedOf(frame());
  const shown = withPinned(frame("Ridge · q = 0.5 · seed 1"), pinned);
  assert.equal(shown.figure.data.length, 4);
  const ghost = shown.figure.data[3];
  assert.deepEqual(ghost.line, { color: "#6f757f", dash: "9px,5px", width: 3 });
  assert.ok(ghost.opacity < 1);
  assert.deepEqual(shown.key, [{ text: "pinned: q = 0.9", mark: "solid", color: "#6f757f" }]);
});

test("they are not drawn on axes that mean something else", () => {
  const other = frame("Ridge · q = 0.9 · seed 1", "linear");
  assert.equal(withPinned(other, pinnedOf(frame())), other);
});

test("the label says so where nothing has changed", () => {
  assert.equal(labelOf(pinnedOf(frame()), frame().title), "pinned: these settings");
});
