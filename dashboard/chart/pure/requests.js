// The queue of what is asked of the server while a hand moves.
//
// Two requests may be under way, so that a slow one does not hold up a quick one; the newest value
// waits for its turn, and what is answered later than a newer one is dropped.

const AT_ONCE = 2; // requests under way
const SLOW = 400; // ms after which a request is no longer waited for, if a newer one is wanted

export class Requests {
  /** `send` sends a number and parameters as text; `isReady` tells whether that is of any use. */
  constructor({ send, isReady }) {
    Object.assign(this, { send, isReady });
    this.wanted = null; // parameters that are not yet sent, as text
    this.inFlight = new Map(); // number -> what is being computed: its parameters, and since when
    this.nextId = 1;
  }

  /** Ask for these as soon as there is room, in place of what has not been sent so far. */
  want(text) {
    this.wanted = text;
    this.advance();
  }

  /** Send what is wanted, if there is room for it. */
  advance() {
    clearTimeout(this.waiting);
    if (!this.wanted || !this.isReady()) return;
    const awaited = [...this.inFlight.values()].filter(({ late }) => !late);
    if (awaited.length >= AT_ONCE) {
      const left = awaited[0].since + SLOW - performance.now();
      if (left > 0) {
        this.waiting = setTimeout(() => this.advance(), left);
        return;
      }
      awaited[0].late = true; // its answer is welcome until there is a newer one
    }
    this.ask(this.wanted);
    this.wanted = null;
  }

  /** Ask at once. */
  ask(text, more = {}) {
    const id = this.nextId++;
    this.inFlight.set(id, { text, since: performance.now() });
    this.send(id, { ...JSON.parse(text), ...more });
  }

  /** What the answer of that number answers, as text; null if it is out of date. */
  answered(id) {
    const asked = this.inFlight.get(id);
    if (!asked) return null; // older than what has been answered, or of other settings
    for (const other of this.inFlight.keys()) if (other <= id) this.inFlight.delete(other);
    this.advance(); // the server computes the next one while this one is drawn
    return asked.text;
  }

  /** True while an answer is to come. */
  areUnderWay() {
    return this.inFlight.size > 0;
  }

  /** No answer is of use any more. */
  forget() {
    this.inFlight.clear();
    this.wanted = null;
  }

  close() {
    clearTimeout(this.waiting);
  }
}
