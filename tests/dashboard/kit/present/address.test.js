import assert from "node:assert/strict";
import { test } from "node:test";

import { isLocal, linkTo, modesOf, withModes } from "../../../../dashboard/kit/present/pure/address.js";

const PAGE = "http://192.168.1.7:8501/lecture?lesson=burn-in";

test("an address says what the window is for", () => {
  assert.deepEqual(modesOf("?lesson=kappa&projector=1&only=q"), { projector: "1", only: "q" });
  assert.deepEqual(modesOf("?lesson=kappa"), {});
});

test("modes stay in an address, and go from it", () => {
  assert.equal(withModes(PAGE, { projector: "1" }), `${PAGE}&projector=1`);
  assert.equal(withModes(`${PAGE}&projector=1`, { projector: undefined }), PAGE);
  assert.equal(withModes(PAGE, {}), PAGE);
});

test("a link has what is ticked, and not what this window has", () => {
  const none = { projector: false, embed: false, only: null };
  assert.equal(linkTo(`${PAGE}&projector=1`, none), PAGE);
  assert.equal(linkTo(PAGE, { ...none, embed: true, only: ["q", "start"] }), `${PAGE}&embed=true&only=q.start`);
  assert.equal(linkTo(PAGE, { ...none, only: [] }), `${PAGE}&only=none`);
});

test("some hosts are found by the own machine alone", () => {
  assert.deepEqual(["localhost", "127.0.0.1", "[::1]", "192.168.1.7", "localhost.org"].map(isLocal), [true, true, true, false, false]);
});
