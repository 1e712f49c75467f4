import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Requests } from "../../../../dashboard/chart/pure/requests.js";

let now, sent, ready, requests;

/** Let time pass, on the clock and for the timers. */
function pass(milliseconds) {
  now += milliseconds;
  mock.timers.tick(milliseconds);
}
const want = (value) => requests.want(JSON.stringify({ q: value }));

beforeEach(() => {
  mock.restoreAll();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  now = 1000;
  mock.method(performance, "now", () => now);
  [sent, ready] = [[], true];
  requests = new Requests({ send: (id, params) => sent.push([id, params.q]), isReady: () => ready });
});

test("two are under way, and the newest waits", () => {
  for (const value of [1, 2, 3, 4]) want(value);
  assert.deepEqual(sent, [[1, 1], [2, 2]]);
  assert.equal(requests.answered(1), '{"q":1}');
  assert.deepEqual(sent.at(-1), [3, 4]);
});

test("one that is slow is not waited for, but welcome until there is a newer one", () => {
  for (const value of [1, 2, 3]) want(value);
  pass(399);
  assert.equal(sent.length, 2);
  pass(1);
  assert.deepEqual(sent.at(-1), [3, 3]);
  assert.equal(requests.answered(1), '{"q":1}');
  assert.equal(requests.answered(3), '{"q":3}');
  assert.equal(requests.answered(2), null);
});

test("the one that has been under way for longest is given up first", () => {
  want(1);
  pass(100);
  for (const value of [2, 3]) want(value);
  pass(300);
  assert.deepEqual(sent.at(-1), [3, 3]);
  want(4);
  pass(99);
  assert.equal(sent.length, 3);
  pass(1);
  assert.deepEqual(sent.at(-1), [4, 4]);
});

test("an answer makes all that were asked before it old", () => {
  want(1);
  want(2);
  assert.equal(requests.answered(2), '{"q":2}');
  assert.equal(requests.answered(1), null);
  assert.ok(!requests.areUnderWay());
});

test("nothing is asked while that is of no use, and the newest as soon as it is", () => {
  ready = false;
  want(1);
  want(2);
  assert.deepEqual(sent, []);
  ready = true;
  requests.advance();
  requests.advance();
  assert.deepEqual(sent, [[1, 2]]);
  assert.ok(requests.areUnderWay());
});

test("what is forgotten is neither sent nor answered", () => {
  for (const value of [1, 2, 3]) want(value);
  requests.forget();
  pass(1000);
  assert.equal(sent.length, 2);
  assert.equal(requests.answered(2), null);
});

test("one can be asked at once, with more parameters", () => {
  const all = [];
  requests = new Requests({ send: (id, params) => all.push(params), isReady: () => true });
  requests.ask('{"q":1}', { whole: "1" });
  assert.deepEqual(all, [{ q: 1, whole: "1" }]);
});

test("after the end nothing is sent", () => {
  for (const value of [1, 2, 3]) want(value);
  requests.close();
  pass(1000);
  assert.equal(sent.length, 2);
});
