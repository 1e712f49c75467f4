// What the chart and Python know of each other: where Python says that the cursor is, and where the
// chart has told it.

export class Commits {
  constructor() {
    this.known = {}; // the newest step that both we and Python know of
    this.lastSent = {}; // by Python
    this.ours = { step: [], other: [] }; // sent to Python and not yet come back
  }

  /** Python sends a step; whether that is news, and not what we have told it, a while ago. */
  receive(direction, step) {
    const again = step === this.lastSent[direction];
    const ours = this.ours[direction].indexOf(step);
    this.lastSent[direction] = step;
    if (ours >= 0) this.ours[direction].splice(0, ours + 1);
    else if (!again && step !== null) {
      this.known[direction] = step;
      return true;
    }
    return false;
  }

  /** Whether Python does not know of a step yet, and is told of it now. */
  send(direction, step) {
    if (step === this.known[direction]) return false;
    this.known[direction] = step;
    this.ours[direction].push(step);
    return true;
  }
}
