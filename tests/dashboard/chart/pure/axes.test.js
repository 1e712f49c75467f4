import assert from "node:assert/strict";
import { test } from "node:test";

import { axisMoves, fitsOn, isAxis, structureOf } from "../../../../dashboard/chart/pure/axes.js";

const never = () => false;

test("axes are known by their names", () => {
  const names = ["xaxis", "yaxis2", "xaxis12", "coloraxis", "xaxis_title", "font", "zaxis"];
  assert.deepEqual(names.filter(isAxis), ["xaxis", "yaxis2", "xaxis12"]);
});

test("what is drawn is of use for other values, but not for other traces or kinds of axes", () => {
  const figure = (trace = {}, axis = {}) => ({
    data: [{ name: "ITD", type: "scatter", mode: "lines", x: [1], ...trace }],
    layout: { xaxis: { type: "log", domain: [0, 1], range: [0, 1], ...axis } },
  });
  const same = (...changes) => structureOf(figure()) === structureOf(figure(...changes));
  assert.ok(same({ x: [2, 3], line: { color: "red" } }, { range: [3, 4] }));
  for (const trace of [{ name: "AID" }, { mode: "markers" }, { fill: "tozeroy" }, { visible: false }, { line: { shape: "hv" } }]) {
    assert.ok(!same(trace), JSON.stringify(trace));
  }
  assert.ok(!same({}, { type: "linear" }) && !same({}, { domain: [0, 0.5] }));
});

test("a range fits on another that covers it, but for a twentieth", () => {
  const fits = (drawn, wanted, isFree = never) => fitsOn({ xaxis: { range: drawn } }, { xaxis: { range: wanted } }, isFree);
  assert.ok(fits([0, 10], [2, 8]));
  assert.ok(fits([0, 10], [-0.4, 10.4]));
  assert.ok(!fits([0, 10], [-0.6, 10]) && !fits([0, 10], [0, 10.6]));
  assert.ok(fits([0, 10], [-5, 50], (name) => name === "xaxis"));
  assert.ok(fits([0, 10], undefined) && !fits(undefined, [0, 1]));
  assert.ok(!fitsOn({}, { yaxis3: { range: [0, 1] } }, never));
});

test("so do the ends of a colour scale", () => {
  const fits = (cmin, cmax) => fitsOn({ coloraxis: { cmin: -4, cmax: 0 } }, { coloraxis: { cmin, cmax } }, never);
  assert.ok(fits(-4.1, 0.1) && !fits(-4.3, 0) && !fits(-4, 0.3));
});

test("axes move where nothing but ranges and steps between ticks differs", () => {
  const layout = (xaxis, title = "") => ({ title, xaxis: { type: "linear", ...xaxis }, yaxis: { range: [0, 1] } });
  const drawn = layout({ range: [0, 10], dtick: 2 });
  assert.deepEqual(axisMoves(drawn, layout({ range: [0, 20], dtick: 5 })), { "xaxis.range": [0, 20], "xaxis.dtick": 5 });
  assert.deepEqual(axisMoves(drawn, layout({ range: [0, 10] })), { "xaxis.dtick": null });
  assert.deepEqual(axisMoves(drawn, layout({ range: [0, 10.000005], dtick: 2 })), {}); // too little to be seen
  assert.deepEqual(axisMoves(layout({ range: [-10, 10] }), layout({ range: [-10, 10.00001] })), {});
  assert.deepEqual(axisMoves(drawn, layout({ dtick: 2 })), { "xaxis.range": null });
  assert.deepEqual(axisMoves(drawn, layout({ range: [0, 10.001], dtick: 2 })), { "xaxis.range": [0, 10.001] });
  assert.equal(axisMoves(drawn, layout({ range: [0, 20], dtick: 2, type: "log" })), null);
  assert.equal(axisMoves(drawn, layout({ range: [0, 20], dtick: 2 }, "another")), null);
});
