// The speaker's window: note, what comes next, clock. It follows the projected one, and leads it.

import { KEYS } from "./keys.js";
import { nameOf } from "./pure/press.js";

const CHANNEL_OF_LECTURE = "hypergradients: lecture"; // also in follow.js
const TICK = 500; // ms

const lessons = JSON.parse(document.getElementById("lessons").textContent);
const channel = new BroadcastChannel(CHANNEL_OF_LECTURE);
const place = (name) => document.getElementById(name);
const state = { at: 0, told: false, began: Date.now() };

function show() {
  const [lesson, next] = [lessons[state.at], lessons[state.at + 1]];
  const texts = {
    count: `${state.at + 1} of ${lessons.length}`,
    title: lesson.title,
    teacher: lesson.teacher,
    stage: state.told ? "The curves are shown." : "The room predicts; the curves are hidden.",
    ask: lesson.question,
    home: lesson.takeaway,
    next: next ? `${next.title}. ${next.need}` : "This is the last lesson.",
  };
  for (const [name, text] of Object.entries(texts)) place(name).textContent = text;
  place("previous").disabled = !state.at;
  place("forward").disabled = !next;
  place("reveal").disabled = state.told;
  document.title = `Speaker: ${lesson.title}`;
}

function go(step) {
  const lesson = lessons[state.at + step];
  if (!lesson) return;
  state.at += step;
  state.told = false;
  channel.postMessage({ go: lesson.key });
  show();
}

const acts = { next: () => go(1), previous: () => go(-1), reveal: () => channel.postMessage({ reveal: true }) };
place("forward").addEventListener("click", acts.next);
place("previous").addEventListener("click", acts.previous);
place("reveal").addEventListener("click", acts.reveal);
place("restart").addEventListener("click", () => {
  state.began = Date.now();
  tell();
});
document.addEventListener("keydown", (event) => {
  const pressed = nameOf(event);
  const act = acts[KEYS.find(({ keys }) => keys.includes(pressed))?.name];
  if (!act) return;
  event.preventDefault();
  act();
});

channel.addEventListener("message", ({ data: { at, told } }) => {
  const found = lessons.findIndex(({ key }) => key === at);
  if (found < 0) return;
  Object.assign(state, { at: found, told });
  show();
});

function tell() {
  const seconds = Math.floor((Date.now() - state.began) / 1000);
  const two = (value) => String(value).padStart(2, "0");
  const now = new Date();
  place("clock").textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
  place("spent").textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

const asked = new URLSearchParams(location.search).get("lesson");
state.at = Math.max(0, lessons.findIndex(({ key }) => key === asked));
show();
tell();
setInterval(tell, TICK);
channel.postMessage({ who: true });
