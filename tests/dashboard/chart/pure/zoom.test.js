import assert from "node:assert/strict";
import { test } from "node:test";

import { Zoom } from "../../../../dashboard/chart/pure/zoom.js";

const layout = (uirevision = "a") => ({ uirevision, xaxis: { range: [0, 9], dtick: 1 }, yaxis2: { range: [0, 1] } });
const zoomed = () => {
  const zoom = new Zoom();
  zoom.applyTo(layout());
  assert.ok(zoom.take({ "xaxis.range[0]": 2, "xaxis.range[1]": 3 }, { xaxis: { range: [2, 3] } }));
  return zoom;
};

test("what a hand has zoomed holds, and its ticks are Plotly's", () => {
  const zoom = zoomed();
  assert.ok(zoom.has("xaxis") && !zoom.has("yaxis2"));
  const { xaxis, yaxis2, uirevision } = zoom.applyTo(layout());
  assert.deepEqual(xaxis, { range: [2, 3], autorange: false });
  assert.deepEqual(yaxis2, { range: [0, 1] });
  assert.equal(uirevision, false);
});

test("our own changes are whole ranges, and no zoom", () => {
  const zoom = new Zoom();
  assert.equal(zoom.take({ "xaxis.range": [1, 2], width: 3 }, layout()), false);
  assert.ok(!zoom.has("xaxis"));
});

test("it ends with another figure, and when it is told to", () => {
  const other = zoomed();
  assert.deepEqual(other.applyTo(layout("b")).xaxis, { range: [0, 9], dtick: 1 });
  const forgotten = zoomed();
  forgotten.forget();
  assert.deepEqual(forgotten.applyTo(layout()).xaxis, { range: [0, 9], dtick: 1 });
});

test("an axis that is not there any more is left alone", () => {
  assert.ok(!("xaxis" in zoomed().applyTo({ uirevision: "a" })));
});
