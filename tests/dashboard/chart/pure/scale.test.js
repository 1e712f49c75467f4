import assert from "node:assert/strict";
import { test } from "node:test";

import { factorOf, levelTicks, ON_PROJECTOR, projectedFactor, scaled, withFewerPowers } from "../../../../dashboard/chart/pure/scale.js";

test("every length of a figure is scaled, and no number of its data", () => {
  const x = Float64Array.of(1, 2);
  const trace = {
    x, z: [[1]],
    line: { width: 3, dash: "9px,5px" },
    marker: { size: [10, 20], line: { width: 1 } },
    textfont: { size: 17 },
    contours: { size: 2, labelfont: { size: 14 } },
    hoverinfo: null,
  };
  const double = scaled(trace, 2);
  assert.deepEqual(double, {
    x, z: [[1]],
    line: { width: 6, dash: "18px,10px" },
    marker: { size: [20, 40], line: { width: 2 } },
    textfont: { size: 34 },
    contours: { size: 2, labelfont: { size: 28 } },
    hoverinfo: null,
  });
  assert.equal(double.x, x);
  assert.equal(double.z, trace.z);
  assert.equal(trace.line.width, 3);
});

test("so are those of a layout, and of what is listed in it", () => {
  const layout = {
    margin: { l: 10, t: 20 }, font: { size: 17 }, xaxis: { range: [0, 9], dtick: 2, ticklen: 5 },
    annotations: [{ text: "ε", x: 3, xshift: 4, font: { size: 15 } }], shapes: [{ line: { width: 1 } }],
  };
  assert.deepEqual(scaled(layout, 2), {
    margin: { l: 20, t: 40 }, font: { size: 34 }, xaxis: { range: [0, 9], dtick: 2, ticklen: 10 },
    annotations: [{ text: "ε", x: 3, xshift: 8, font: { size: 30 } }], shapes: [{ line: { width: 2 } }],
  });
});

test("one factor for each screen", () => {
  const screens = [
    [1440, 900, 1, 1], [1920, 1080, 1.24, 1.3], [3840, 2160, 2.4, 2.6], [390, 844, 0.7, 0.75],
    [1080, 1920, 0.85, 0.95], [12000, 9000, 3, 3],
  ];
  for (const [width, height, least, most] of screens) {
    const factor = factorOf(width, height);
    assert.ok(least <= factor && factor <= most, `${width} × ${height}: ${factor}`);
  }
});

test("all ticks have the size of the figure's font; powers are told less, because they become more", () => {
  const { xaxis, yaxis, yaxis2, coloraxis } = levelTicks({
    font: { size: 20 },
    xaxis: { type: "linear", tickfont: { color: "red" } },
    yaxis: { type: "log", exponentformat: "power" },
    yaxis2: { type: "log", exponentformat: "power", ticktext: ["a"] },
    coloraxis: {},
  });
  assert.deepEqual(xaxis.tickfont, { color: "red", size: 20 });
  assert.equal(yaxis.tickfont.size, 16);
  assert.equal(yaxis2.tickfont.size, 20);
  assert.deepEqual(coloraxis, {});
});

test("on a projector lines and marks are larger still, and no text is small", () => {
  const trace = { line: { width: 2 }, marker: { size: 10 }, textfont: { size: [14, 20] } };
  assert.deepEqual(scaled(trace, 2, ON_PROJECTOR), {
    line: { width: 5.6 }, marker: { size: 28 }, textfont: { size: [34, 40] },
  });
  const size = 17 * projectedFactor(1920, 1080);
  assert.ok(size >= 20 / 0.75, "20 points at 1920×1080");
  assert.ok(projectedFactor(1024, 768) >= 1.2);
});

test("powers that would lie on each other are left out", () => {
  const axis = (range, domain) => ({ type: "log", range, domain, dtick: 1, tickfont: { size: 40 } });
  const layout = { yaxis: axis([-8, 2]), yaxis2: axis([-8, 2], [0, 0.3]), yaxis3: { range: [0, 1], dtick: 1 }, margin: { t: 20, b: 80 } };
  const { yaxis, yaxis2, yaxis3 } = withFewerPowers(layout, 900);
  assert.deepEqual([yaxis.dtick, yaxis2.dtick, yaxis3.dtick], [1, 3, 1]);
});
