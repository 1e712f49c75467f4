import assert from "node:assert/strict";
import { test } from "node:test";

import { subplotOf } from "../../../../dashboard/chart/pure/geometry.js";
import { placesOf } from "../../../../dashboard/chart/pure/places.js";
import { stepsAt } from "../../../../dashboard/chart/pure/pointed.js";
import { axis, layoutOf } from "./layouts.js";

const layout = { ...layoutOf(), xaxis2: axis("x2", 700, 80, [0, 4]) };
const areaOf = (xid, yid) => subplotOf(layout, xid, yid);
const names = (count) => Array.from({ length: count }, (_, n) => String(n));
const frame = ({ lines = [], data = [], at = [0, 2, 4, 6], other } = {}) =>
  ({ lines, figure: { data }, places: placesOf({ steps: names(at.length), at, other }) });
const curve = (x, y, more = {}) => ({ x, y, ...more });

test("where lines cross a subplot, the place of the nearest one is read", () => {
  const along = { xaxis: "x", yaxis: "y", along: "x", by: 0, at: [0, 2, 5, 10] };
  const plane = frame({
    lines: [along, { ...along, along: "y", by: 1, at: [0, 0.5, 1] }],
    other: { name: "k", steps: names(3), at: [1, 2, 3] },
  });
  assert.deepEqual(stepsAt([100, 360], plane, [], areaOf), { step: 0, other: 1 });
  assert.deepEqual(stepsAt([100 + 170, 30], plane, [], areaOf), { step: 2, other: 3 });
  assert.deepEqual(stepsAt([100 + 180, 200], plane, [], areaOf), { step: 4, other: 2 });
  assert.equal(stepsAt([650, 200], plane, [], areaOf), null);
});

test("elsewhere it is the curve that is near, if there is one", () => {
  const data = [curve([0, 5, 10, 10], [0, 0.5, 1, 0]), curve([5], [0.6]), curve([0, 2], [0, 1], { xaxis: "x2" })];
  const curves = [{ trace: 0, by: 0 }, { trace: 1, by: 0 }, { trace: 2, by: 0 }];
  const at = (x, y) => stepsAt([x, y], frame({ data }), curves, areaOf);
  assert.deepEqual(at(350, 195), { step: 2 }); // 190 is the middle
  assert.deepEqual(at(350, 160), { step: 0 }); // on the single mark
  assert.deepEqual(at(350, 190 + 39), { step: 2 });
  assert.equal(at(350, 190 + 41), null);
  assert.deepEqual(at(740, 25), { step: 2 }); // in the other subplot
  assert.equal(at(650, 190), null);
});

test("a curve that is not shown cannot be pointed at, and a place that does not exist is none", () => {
  const at = (more, steps) =>
    stepsAt([350, 190], frame({ data: [curve([5], [0.5], more)], at: steps }), [{ trace: 0, by: 0 }], areaOf);
  assert.deepEqual(at({}, [7]), { step: 7 });
  assert.equal(at({ visible: false }, [7]), null);
  assert.equal(at({ visible: "legendonly" }, [7]), null);
  assert.equal(at({}, []), null);
});
