import assert from "node:assert/strict";
import { test } from "node:test";

import { Commits } from "../../../../dashboard/chart/pure/commits.js";

test("what Python sends for the first time is news, and not when it sends it again", () => {
  const commits = new Commits();
  assert.equal(commits.receive("step", 7), true);
  assert.equal(commits.receive("step", 7), false);
  assert.equal(commits.receive("step", 8), true);
  assert.equal(commits.receive("other", 8), true);
});

test("without a step there is no news", () => {
  assert.equal(new Commits().receive("step", null), false);
});

test("what comes back of our own is no news, however late", () => {
  const commits = new Commits();
  commits.receive("step", 0);
  assert.ok(commits.send("step", 3));
  assert.ok(commits.send("step", 5));
  assert.equal(commits.receive("step", 0), false); // not yet heard of
  assert.equal(commits.receive("step", 3), false);
  assert.equal(commits.receive("step", 5), false);
  assert.equal(commits.receive("step", 3), true); // now it is Python that wants it
});

test("an answer to a later step makes those before it old", () => {
  const commits = new Commits();
  commits.send("step", 3);
  commits.send("step", 5);
  assert.equal(commits.receive("step", 5), false);
  assert.equal(commits.receive("step", 3), true);
});

test("Python is told what it does not know, once, and in each direction for itself", () => {
  const commits = new Commits();
  commits.receive("step", 4);
  assert.equal(commits.send("step", 4), false);
  assert.equal(commits.send("step", 6), true);
  assert.equal(commits.send("step", 6), false);
  assert.equal(commits.send("other", 6), true);
});
