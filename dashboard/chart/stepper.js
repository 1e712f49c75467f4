// The stepper: where the cursor of a group of charts is wanted, the clock that plays it, and the keys.
//
// Charts of a group may have other places, and a chart may get other ones with each frame: each
// shows the place nearest to the step that is wanted.

import { Dock } from "./dock.js";
import { Commits } from "./pure/commits.js";
import { clamp, DIRECTIONS, nearest } from "./pure/places.js";
import { Transport } from "./transport.js";

const RESTS = 250; // ms without a move until Python is told

export class Stepper {
  static groups = new Map();

  /** The stepper of a group; a chart without a group has its own. */
  static of(name) {
    if (!name) return new Stepper(name);
    if (!Stepper.groups.has(name)) Stepper.groups.set(name, new Stepper(name));
    return Stepper.groups.get(name);
  }

  constructor(name) {
    Object.assign(this, { name, charts: [], wanted: { step: 0, other: 0 }, peeked: null });
    this.commits = new Commits();
    this.transport = new Transport({
      onPlay: () => this.toggle(),
      onStart: () => this.keepPlace("step", 0),
      onStep: (count) => this.stepBy("step", count),
      onScrub: (direction, place) => {
        this.stopClock();
        this.moveTo({ [direction]: this.stepAt(direction, place) });
      },
      onRest: () => this.rest(),
      onKey: (event) => this.onKey(event, this.lead()),
    });
  }

  // Charts come and go

  join(chart) {
    this.charts.push(chart);
    chart.stage.setAttribute("aria-describedby", this.transport.keys.id); // also while it is hidden
    const follows = Node.DOCUMENT_POSITION_FOLLOWING;
    this.charts.sort((a, b) => (a.root.compareDocumentPosition(b.root) & follows ? -1 : 1));
    this.host();
  }

  leave(chart) {
    this.charts = this.charts.filter((other) => other !== chart);
    if (this.charts.length) return this.host();
    this.stopClock();
    clearTimeout(this.resting);
    this.dock?.close();
    if (Stepper.groups.get(this.name) === this) Stepper.groups.delete(this.name);
  }

  /** The controls are in the first chart of the group. */
  host() {
    const slot = this.charts[0].transportSlot;
    const { root } = this.transport;
    if (root.parentNode !== slot) slot.replaceChildren(root);
    const count = this.charts.length;
    this.transport.showCount(count);
    this.dock?.close();
    this.dock = count > 1 ? new Dock(root, slot, this.charts.map((chart) => chart.root)) : null;
  }

  /** The chart with the most places: one step of the group is one of its steps. */
  lead() {
    return this.charts.reduce((best, chart) =>
      (chart.placesOf("step").length > best.placesOf("step").length ? chart : best));
  }

  /** A chart has another frame. */
  frameChanged() {
    const lead = this.lead();
    const names = Object.fromEntries(DIRECTIONS.map((direction) => [direction, lead.namesOf(direction)]));
    this.transport.showPlaces(names, lead.frame?.other?.name);
    this.show();
  }

  // Where it is

  /** The steps to be shown: those that are pointed at, or else those that are kept. */
  get shown() {
    return { ...this.wanted, ...(this.playing ? null : this.peeked) };
  }

  stepAt(direction, place) {
    const at = this.lead().placesOf(direction);
    return at[clamp(place, at)] ?? 0;
  }

  placeOf(direction) {
    return nearest(this.lead().placesOf(direction), this.wanted[direction]);
  }

  moveTo(steps, now = false) {
    Object.assign(this.wanted, steps);
    this.peeked = null;
    this.charts.forEach((chart) => chart.cursor.go(now));
    this.show();
  }

  /** Let the charts show other steps for as long as one points at them. */
  peek(steps) {
    if (JSON.stringify(steps) === JSON.stringify(this.peeked)) return;
    this.peeked = steps;
    if (this.playing) return;
    this.charts.forEach((chart) => chart.cursor.go());
    this.show();
  }

  keep(steps) {
    this.stopClock();
    this.moveTo(steps);
    this.rest();
  }

  keepPlace(direction, place) {
    this.keep({ [direction]: this.stepAt(direction, place) });
  }

  stepBy(direction, count) {
    this.keepPlace(direction, this.placeOf(direction) + count);
  }

  show() {
    const lead = this.lead();
    for (const direction of DIRECTIONS) {
      const place = nearest(lead.placesOf(direction), this.shown[direction]);
      this.transport.showPlace(direction, place, lead.namesOf(direction)[place] ?? "");
    }
  }

  // Python

  /** Python says where the cursor is. */
  receive(direction, step) {
    if (this.commits.receive(direction, step)) this.wanted[direction] = step;
  }

  /** The hand was lifted: once it stays away, say where the cursor is, and tell Python. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.transport.say(this.charts.map((chart) => chart.cursor.said()).find(Boolean) ?? "");
      const chart = this.charts.find(({ commit }) => commit);
      for (const direction of chart ? DIRECTIONS : []) {
        if (!chart.placesOf(direction).length) continue;
        const step = this.wanted[direction];
        if (this.commits.send(direction, step)) chart.commitStep(direction, step);
      }
    }, RESTS);
  }

  // The clock

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    const last = this.lead().placesOf("step").length - 1;
    if (this.placeOf("step") >= last) this.moveTo({ step: this.stepAt("step", 0) });
    // About ten seconds from start to end, but never so fast or so slow that it cannot be followed.
    const perSecond = Math.max(3, Math.min(30, last / 10));
    let position = this.placeOf("step");
    let before = performance.now();
    const tick = (now) => {
      position += ((now - before) / 1000) * perSecond * this.transport.speed;
      before = now;
      if (Math.floor(position) !== this.placeOf("step")) {
        this.moveTo({ step: this.stepAt("step", Math.floor(position)) }, true);
      }
      if (this.placeOf("step") >= this.lead().placesOf("step").length - 1) this.pause();
      else this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
    this.transport.showPlaying(true);
  }

  pause() {
    this.stopClock();
    this.rest();
  }

  stopClock() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.transport.showPlaying(false);
  }

  // The keys

  /** A key is pressed in `chart`, or in the controls. Arrows go along the axes of that chart. */
  onKey(event, chart) {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape" && (this.playing || this.transport.keysAreShown)) {
      event.preventDefault(); // the controls are in a chart, which hears of it as well
      return this.playing ? this.pause() : this.transport.showKeys(false);
    }
    // Leave to each control the keys that it understands itself.
    if (target.matches("select") || (target.matches("input") && key !== " ")) return;
    if (target.matches("button") && key === " ") return;
    const { across, up } = chart.cursor.axes();
    const keys = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.stepBy(across, -1),
      ArrowRight: () => this.stepBy(across, 1),
      Home: () => this.keepPlace("step", 0),
      End: () => this.keepPlace("step", Infinity),
    };
    if (up) {
      keys.ArrowUp = () => this.stepBy(up, 1);
      keys.ArrowDown = () => this.stepBy(up, -1);
    }
    if (!keys[key]) return;
    event.preventDefault();
    keys[key]();
  }
}
