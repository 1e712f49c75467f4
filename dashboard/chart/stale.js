// A picture that is not that of the controls looks so, and says what is awaited.
//
// It is another one while a watched thumb stands elsewhere than what is drawn, while Streamlit
// computes what another control asks for, and while Python says that a long run is under way. A
// picture that follows the hand closely enough is left in peace.

import { element, write } from "./dom.js";
import { scriptIsRunning, watchScript } from "./streamlit.js";

const PATIENCE_LAG = 120; // ms by which the picture may be behind the hand
const PATIENCE_RUN = 150; // ms that a run of the page may take
const RELIEF = 60; // a veil stays until the picture has come so near
const ASKED_BY_HAND = 1000; // ms after a press within which it is the reason of a run
const SYMBOLS = { eps: "ε", assumed: "q̂" }; // of parameters that have another name in a link

export class Staleness {
  /** `live` knows the thumbs and what is asked for; `root` gets the mark, `stage` the veil. */
  constructor({ live, root, stage }) {
    Object.assign(this, { live, root, stage, drawnFor: undefined, pending: "", run: null });
    this.said = element("span", "hg-veil-text", { role: "status" });
    this.veil = element("div", "hg-veil", {}, this.said);
    stage.append(this.veil);
    this.lastPress = -Infinity;
    this.ownRun = -Infinity;
    this.onPress = ({ target }) => {
      if (!target.closest?.(".hg-chart")) this.lastPress = performance.now();
    };
    for (const name of ["pointerup", "keydown", "change"]) addEventListener(name, this.onPress, true);
    this.observer = watchScript(() => this.scriptTurned());
  }

  /** The chart itself causes a run of the page, which changes nothing in the picture. */
  expectOwnRun() {
    this.ownRun = performance.now();
  }

  scriptTurned() {
    const now = performance.now();
    const since = (time) => now - time < ASKED_BY_HAND;
    // A run for a thumb is judged by the thumb; what a clock of the page does, nobody waits for.
    const isAwaited = scriptIsRunning() && since(this.lastPress) && !since(this.ownRun) && !this.live.thumbs.areAhead();
    this.run = isAwaited ? now : null;
    this.check();
  }

  /** Python has answered: the run may go on below the chart, but the picture is what was asked. */
  answered(pending) {
    this.pending = pending;
    this.run = null;
    this.check();
  }

  drawn(text) {
    this.drawnFor = text;
    this.check();
  }

  /** What is awaited and since when; null if the picture is that of the controls. */
  reason() {
    if (this.pending) return { text: this.pending, due: 0 };
    const now = this.live.thumbs.now();
    if (now !== undefined && this.drawnFor !== undefined && now !== this.drawnFor) {
      this.behind ??= performance.now();
      const since = this.live.thumbs.left.get(this.drawnFor) ?? this.behind;
      return { text: this.words(now), due: since + (this.isShown ? RELIEF : PATIENCE_LAG) };
    }
    this.behind = null;
    return this.run ? { text: "Computing …", due: this.run + PATIENCE_RUN } : null;
  }

  words(now) {
    const { refused, thumbs } = this.live;
    const waits = thumbs.handIsDown();
    if (refused?.text === now && (waits || !refused.slow)) return refused.message;
    const moved = thumbs.movedFrom(this.drawnFor);
    const what = moved.map(({ param, value }) => `${SYMBOLS[param] ?? param} = ${value}`).join(", ");
    return waits && !this.live.isOpen() ? `${what} is computed when you let go.` : `Computing ${what} …`;
  }

  check() {
    clearTimeout(this.timer);
    const reason = this.reason();
    const wait = reason ? reason.due - performance.now() : 0;
    this.isShown = Boolean(reason) && wait <= 0;
    if (wait > 0) this.timer = setTimeout(() => this.check(), wait + 1);
    write(this.said, this.isShown ? reason.text : "");
    this.root.dataset.stale = this.isShown;
    this.stage.setAttribute("aria-busy", this.isShown);
  }

  close() {
    clearTimeout(this.timer);
    this.observer.disconnect();
    for (const name of ["pointerup", "keydown", "change"]) removeEventListener(name, this.onPress, true);
  }
}
