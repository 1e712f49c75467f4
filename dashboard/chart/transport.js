// The controls of the cursor: buttons, one range for each direction, speed, and what is read out.

import { button, element, iconOf, write } from "./dom.js";
import { DIRECTIONS } from "./pure/places.js";

const SPEEDS = [0.5, 1, 2, 4];
const COUNTS = { 2: "both", 3: "all three", 4: "all four" };
const KEYS = {
  step: "← → one step; Home and End the first and the last; Space plays and pauses; Escape stops.",
  plane: "← → and ↑ ↓ one cell; Home and End the first and the last row; Space plays and pauses; Escape stops.",
};

export class Transport {
  static count = 0;

  /**
   * `onPlay` starts and stops the clock, `onStart` goes back to the first step and `onStep` by a
   * number of steps. `onScrub` gets a direction and a place while a range moves, `onRest` is called
   * when it has moved, and `onKey` for a key.
   */
  constructor({ onPlay, onStart, onStep, onScrub, onRest, onKey }) {
    Object.assign(this, { onScrub, onRest });
    this.label = element("span", "hg-group-name");
    this.playButton = button("Play", iconOf("play"), onPlay);
    this.ranges = {
      step: this.buildRange("step", "Step", "hg-scrub"),
      other: this.buildRange("other", "Other step", "hg-scrub-other"),
    };
    this.labels = { step: element("span", "hg-step"), other: element("span", "hg-step-other") };
    this.speedChoice = element("select", "", { "aria-label": "Speed" });
    for (const factor of SPEEDS) this.speedChoice.append(new Option(`${factor}×`, factor));
    this.speedChoice.value = "1";
    this.spoken = element("span", "hg-spoken", { role: "status" });
    this.keys = element("span", "hg-keys", { id: `hg-keys-${Transport.count++}` });
    this.keysButton = button("Keys", "?", () => this.showKeys(this.keys.hidden));
    this.showKeys(false);
    this.steppers = element("span", "hg-steppers", {},
      this.label,
      button("Back to the start", iconOf("reset"), onStart),
      button("Step back", iconOf("back"), () => onStep(-1)),
      this.playButton,
      button("Step forward", iconOf("forward"), () => onStep(1)),
      this.ranges.step, this.labels.step, this.ranges.other, this.labels.other,
      this.speedChoice, this.keysButton, this.keys, this.spoken);
    this.root = element("div", "hg-transport", { role: "group" }, this.steppers);
    this.root.addEventListener("keydown", onKey);
  }

  buildRange(direction, label, className) {
    const range = element("input", className, { type: "range", min: 0, step: 1, "aria-label": label });
    range.addEventListener("input", () => this.onScrub(direction, Number(range.value)));
    range.addEventListener("change", () => this.onRest());
    return range;
  }

  get speed() {
    return Number(this.speedChoice.value);
  }

  get keysAreShown() {
    return !this.keys.hidden;
  }

  showKeys(shown) {
    this.keys.hidden = !shown;
    this.keysButton.setAttribute("aria-expanded", shown);
  }

  /** For how many charts these controls are. */
  showCount(count) {
    const name = count > 1 ? `Step of ${COUNTS[count] ?? `all ${count}`} views` : "Step";
    this.root.setAttribute("aria-label", name);
    write(this.label, count > 1 ? name : "");
  }

  /** The places that there are: their names in each direction, and what the other one is called. */
  showPlaces(names, otherName) {
    this.steppers.hidden = !names.step.length;
    const isPlane = names.other.length > 0;
    this.ranges.other.hidden = this.labels.other.hidden = !isPlane;
    if (isPlane) this.ranges.other.setAttribute("aria-label", otherName);
    write(this.keys, KEYS[isPlane ? "plane" : "step"]);
    for (const direction of DIRECTIONS) {
      const range = this.ranges[direction];
      const key = names[direction].join();
      if (range.dataset.names === key) continue;
      range.dataset.names = key;
      range.max = Math.max(0, names[direction].length - 1);
      // Wide enough for each of them, so that nothing moves.
      const longest = Math.max(0, ...names[direction].map((name) => name.length));
      this.labels[direction].style.minWidth = `${longest + 1}ch`;
    }
  }

  /** Where the cursor is in a direction. */
  showPlace(direction, place, name) {
    const range = this.ranges[direction];
    if (range.value !== String(place)) range.value = place;
    range.setAttribute("aria-valuetext", name);
    write(this.labels[direction], name);
  }

  showPlaying(playing) {
    const label = playing ? "Pause" : "Play";
    if (this.playButton.title === label) return;
    this.playButton.title = label;
    this.playButton.setAttribute("aria-label", label);
    this.playButton.replaceChildren(iconOf(playing ? "pause" : "play"));
  }

  say(text) {
    write(this.spoken, text);
  }
}
