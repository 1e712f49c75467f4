// The stepper: where the cursor of a group of charts is wanted, the clock that plays it, and the one
// set of controls for it.
//
// A place on a curve is a *step*. Charts of a group may have other places, and a chart may get other
// ones with each frame: each shows the place nearest to the step that is wanted.

const DIRECTIONS = ["step", "other"]; // `by` 0 and 1 of a frame
const STATES = { step: "cursor", other: "other" }; // as Python calls them
const COUNTS = { 2: "both", 3: "all three", 4: "all four" };
const KEYS = {
  step: "← → one step; Home and End the first and the last; Space plays and pauses; Escape stops.",
  plane: "← → and ↑ ↓ one cell; Home and End the first and the last row; Space plays and pauses; Escape stops.",
};

const clamp = (place, at) => Math.max(0, Math.min(at.length - 1, place));

/** The place whose step is nearest; `at` rises. */
function nearest(at, step) {
  let [low, high] = [0, at.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low > 0 && step - at[low - 1] <= at[low] - step ? low - 1 : Math.max(0, low);
}

class Stepper {
  static groups = new Map();
  static count = 0;

  /** The stepper of a group; a chart without a group has its own. */
  static of(name) {
    if (!name) return new Stepper(name);
    if (!Stepper.groups.has(name)) Stepper.groups.set(name, new Stepper(name));
    return Stepper.groups.get(name);
  }

  constructor(name) {
    Object.assign(this, { name, charts: [], wanted: { step: 0, other: 0 }, peeked: null });
    this.known = {}; // the newest step that both we and Python know of
    this.lastSent = {}; // by Python
    this.ours = { step: [], other: [] }; // sent to Python and not yet come back
    this.buildControls();
  }

  buildControls() {
    this.label = element("span", "hg-group-name");
    this.playButton = button("Play", iconOf("play"), () => (this.playing ? this.pause() : this.play()));
    this.ranges = { step: this.buildRange("step", "Step", "hg-scrub"), other: this.buildRange("other", "Other step", "hg-scrub-other") };
    this.labels = { step: element("span", "hg-step"), other: element("span", "hg-step-other") };
    this.speed = element("select", "", { "aria-label": "Speed" });
    for (const factor of [0.5, 1, 2, 4]) this.speed.append(new Option(`${factor}×`, factor));
    this.speed.value = "1";
    this.spoken = element("span", "hg-spoken", { role: "status" });
    this.keys = element("span", "hg-keys", { id: `hg-keys-${Stepper.count++}` });
    this.keysButton = button("Keys", "?", () => this.showKeys(this.keys.hidden));
    this.showKeys(false);
    this.steppers = element("span", "hg-steppers", {},
      this.label,
      button("Back to the start", iconOf("reset"), () => this.keepPlace("step", 0)),
      button("Step back", iconOf("back"), () => this.stepBy("step", -1)),
      this.playButton,
      button("Step forward", iconOf("forward"), () => this.stepBy("step", 1)),
      this.ranges.step, this.labels.step, this.ranges.other, this.labels.other,
      this.speed, this.keysButton, this.keys, this.spoken);
    this.controls = element("div", "hg-transport", { role: "group" }, this.steppers);
    this.controls.addEventListener("keydown", (event) => this.onKey(event, this.lead()));
  }

  showKeys(shown) {
    this.keys.hidden = !shown;
    this.keysButton.setAttribute("aria-expanded", shown);
  }

  buildRange(direction, label, className) {
    const range = element("input", className, { type: "range", min: 0, step: 1, "aria-label": label });
    range.addEventListener("input", () => {
      this.stopClock();
      this.moveTo({ [direction]: this.stepAt(direction, Number(range.value)) });
    });
    range.addEventListener("change", () => this.rest());
    return range;
  }

  // Charts come and go

  join(chart) {
    this.charts.push(chart);
    chart.stage.setAttribute("aria-describedby", this.keys.id); // also while it is hidden
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
    if (this.controls.parentNode !== slot) slot.replaceChildren(this.controls);
    const count = this.charts.length;
    const name = count > 1 ? `Step of ${COUNTS[count] ?? `all ${count}`} views` : "Step";
    this.controls.setAttribute("aria-label", name);
    write(this.label, count > 1 ? name : "");
    this.dock?.close();
    this.dock = count > 1 ? new Dock(this.controls, slot, this.charts.map((chart) => chart.root)) : null;
  }

  /** The chart with the most places: one step of the group is one of its steps. */
  lead() {
    return this.charts.reduce((best, chart) =>
      (chart.placesOf("step").length > best.placesOf("step").length ? chart : best));
  }

  /** A chart has another frame. */
  frameChanged() {
    const lead = this.lead();
    this.steppers.hidden = !lead.placesOf("step").length;
    const isPlane = lead.placesOf("other").length > 0;
    this.ranges.other.hidden = this.labels.other.hidden = !isPlane;
    if (isPlane) this.ranges.other.setAttribute("aria-label", lead.frame.other.name);
    write(this.keys, KEYS[isPlane ? "plane" : "step"]);
    for (const direction of DIRECTIONS) {
      const names = lead.namesOf(direction);
      const key = names.join();
      if (this.ranges[direction].dataset.names === key) continue;
      this.ranges[direction].dataset.names = key;
      this.ranges[direction].max = Math.max(0, names.length - 1);
      // Wide enough for each of them, so that nothing moves.
      this.labels[direction].style.minWidth = `${Math.max(0, ...names.map((name) => name.length)) + 1}ch`;
    }
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
      const text = lead.namesOf(direction)[place] ?? "";
      if (this.ranges[direction].value !== String(place)) this.ranges[direction].value = place;
      this.ranges[direction].setAttribute("aria-valuetext", text);
      write(this.labels[direction], text);
    }
  }

  // Python

  /** Python says where the cursor is; that may be what we have told it, a while ago. */
  receive(name, step) {
    const sent = step === this.lastSent[name];
    const ours = this.ours[name].indexOf(step);
    this.lastSent[name] = step;
    if (ours >= 0) this.ours[name].splice(0, ours + 1);
    else if (!sent && step !== null) this.wanted[name] = this.known[name] = step;
  }

  /** The hand was lifted: once it stays away, say where the cursor is, and tell Python. */
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      write(this.spoken, this.charts.map((chart) => chart.cursor.said()).find(Boolean) ?? "");
      const chart = this.charts.find(({ commit }) => commit);
      for (const name of chart ? DIRECTIONS : []) {
        const step = this.wanted[name];
        if (step === this.known[name] || !chart.placesOf(name).length) continue;
        this.known[name] = step;
        this.ours[name].push(step);
        chart.commitState(STATES[name], step);
      }
    }, 250);
  }

  // The clock

  play() {
    const last = this.lead().placesOf("step").length - 1;
    if (this.placeOf("step") >= last) this.moveTo({ step: this.stepAt("step", 0) });
    // About ten seconds from start to end, but never so fast or so slow that it cannot be followed.
    const perSecond = Math.max(3, Math.min(30, last / 10));
    let position = this.placeOf("step");
    let before = performance.now();
    const tick = (now) => {
      position += ((now - before) / 1000) * perSecond * Number(this.speed.value);
      before = now;
      if (Math.floor(position) !== this.placeOf("step")) {
        this.moveTo({ step: this.stepAt("step", Math.floor(position)) }, true);
      }
      if (this.placeOf("step") >= this.lead().placesOf("step").length - 1) this.pause();
      else this.playing = requestAnimationFrame(tick);
    };
    this.playing = requestAnimationFrame(tick);
    this.showPlaying("Pause", "pause");
  }

  pause() {
    this.stopClock();
    this.rest();
  }

  stopClock() {
    cancelAnimationFrame(this.playing);
    this.playing = null;
    this.showPlaying("Play", "play");
  }

  showPlaying(label, icon) {
    if (this.playButton.title === label) return;
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.playButton.replaceChildren(iconOf(icon));
  }

  /** A key is pressed in `chart`, or in the controls. Arrows go along the axes of that chart. */
  onKey(event, chart) {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === "Escape" && (this.playing || !this.keys.hidden)) {
      event.preventDefault(); // the controls are in a chart, which hears of it as well
      return this.playing ? this.pause() : this.showKeys(false);
    }
    // Leave to each control the keys that it understands itself.
    if (target.matches("select") || (target.matches("input") && key !== " ")) return;
    if (target.matches("button") && key === " ") return;
    const { across, up } = chart.cursor.axes();
    const keys = {
      " ": () => (this.playing ? this.pause() : this.play()),
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

/** Keeps the controls of a group at the foot of the window while only other views of it are seen. */
class Dock {
  constructor(controls, slot, roots) {
    Object.assign(this, { controls, slot, seen: new Map() });
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.seen.set(target, isIntersecting);
      this.place();
    });
    for (const node of [slot, ...roots]) this.observer.observe(node);
    this.sizing = new ResizeObserver(() => this.place());
    this.sizing.observe(slot.parentNode);
  }

  place() {
    const group = [...this.seen].some(([node, seen]) => seen && node !== this.slot);
    const docked = group && this.seen.get(this.slot) === false;
    const { height } = this.slot.getBoundingClientRect();
    const { left, width } = this.slot.parentNode.getBoundingClientRect();
    if (docked && !this.docked) this.slot.style.minHeight = `${height}px`; // nothing moves up
    if (!docked) this.slot.style.minHeight = "";
    this.docked = docked;
    this.controls.classList.toggle("hg-docked", docked);
    Object.assign(this.controls.style, docked ? { left: `${left}px`, width: `${width}px` } : { left: "", width: "" });
  }

  close() {
    this.observer.disconnect();
    this.sizing.disconnect();
    this.controls.classList.remove("hg-docked");
    Object.assign(this.controls.style, { left: "", width: "" });
    this.slot.style.minHeight = "";
  }
}
