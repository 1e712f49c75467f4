// Live while the hand moves: ask the server for the frame of each value that a slider passes.
//
// The frames come over a WebSocket. Without that route, or with markup that is not what we know, the
// chart is redrawn on release.

import { Requests } from "./pure/requests.js";
import { appUrl, scriptIsRunning } from "./streamlit.js";
import { Thumbs } from "./thumbs.js";

const RESTING = 120; // ms without a newer picture until all points are asked for
const AFTER_MOVE = 1000; // ms within which Python may answer an earlier value
const WHILE_RUNNING = 5000; // the same while it is computing
const RETRY = 1000; // ms until the first attempt to connect again, doubled with each one
const RETRY_MOST = 60000;
const UNHEARD = 2000; // ms after which a value that Python has not heard of is said again
const UNHEARD_MOST = 10; // times that it is said
const IDLE = 4000; // how the server ends a connection that nobody has used for long

export class Live {
  /**
   * `onFrame` gets a frame and the parameters that it answers, `onMove` follows each thumb. While
   * `isSeen` says no, nothing is asked for: the picture comes with the page when the hand rests.
   * `onUnheard` is called where Python does not hear of a value though the hand rests.
   */
  constructor({ onFrame, onMove, onUnheard, isSeen }) {
    Object.assign(this, { onFrame, onMove, onUnheard });
    this.thumbs = new Thumbs(() => this.thumbMoved());
    this.requests = new Requests({
      send: (id, params) => this.socket.send(JSON.stringify({ id, params })),
      isReady: () => isSeen() && this.isOpen(),
    });
    this.lastInput = -Infinity;
    this.asked = null; // the newest parameters, as text
    this.refused = null; // parameters that were answered by a message
    this.retryAfter = RETRY;
  }

  /** What the page says of itself; null where its picture follows no slider. */
  configure(settings) {
    const { thumbs } = this;
    const known = thumbs.committed();
    thumbs.settings = settings;
    if (thumbs.committed() !== known) {
      // What is being computed belongs to settings that are no longer those of the page.
      this.requests.forget();
      this.refused = null;
      this.asked = thumbs.areAhead() ? null : thumbs.now();
      if (thumbs.handIsDown() && thumbs.areAhead()) this.thumbMoved();
    }
    if (settings && !this.socket) thumbs.observe();
    if (settings && settings.path !== this.path) this.connect(settings.path);
    thumbs.standing = thumbs.now();
  }

  /** True while what Python says may be an answer to an earlier value of a thumb. */
  isBusy() {
    if (!this.thumbs.areAhead()) return false;
    const patience = scriptIsRunning() ? WHILE_RUNNING : AFTER_MOVE;
    return this.thumbs.handIsDown() || performance.now() - this.lastInput < patience;
  }

  /** True while the hand is down and a picture of where it is has been asked for. */
  isAwaited() {
    return this.requests.areUnderWay() && this.thumbs.handIsDown();
  }

  isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  thumbMoved() {
    const text = this.thumbs.follow();
    this.onMove();
    if (this.isAsleep) this.connect(this.thumbs.settings.path);
    if (text === this.asked) return; // Streamlit also writes the same value again
    this.asked = text;
    this.lastInput = performance.now();
    this.requests.want(text);
    this.expectHeard(UNHEARD_MOST);
  }

  /** A hand that rests is heard by Python, or the connection was lost when it was lifted. */
  expectHeard(times) {
    clearTimeout(this.listening);
    if (times === 0) return;
    this.listening = setTimeout(() => {
      if (!this.thumbs.areAhead()) return;
      const isWaiting = this.thumbs.isPressed || this.thumbs.areLocked() || scriptIsRunning();
      if (!isWaiting && !this.thumbs.letGo()) this.onUnheard();
      this.expectHeard(isWaiting ? times : times - 1);
    }, UNHEARD);
  }

  /** The chart can be seen again. */
  resume() {
    this.requests.advance();
  }

  /** The hand rests on what was drawn with fewer points. */
  askForAll(text) {
    if (text === this.thumbs.now() && this.isOpen()) this.requests.ask(text, { whole: "1" });
  }

  connect(path) {
    this.leave();
    this.path = path;
    this.isAsleep = false;
    const url = appUrl(path);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.retryAfter = RETRY;
      if (this.thumbs.areAhead()) this.thumbMoved();
      this.requests.advance();
    };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = ({ code }) => {
      this.requests.forget();
      this.asked = null;
      this.onMove();
      this.isAsleep = code === IDLE;
      if (this.isAsleep) return;
      this.timer = setTimeout(() => this.connect(path), this.retryAfter);
      this.retryAfter = Math.min(2 * this.retryAfter, RETRY_MOST);
    };
  }

  receive({ id, frame, error, slow }) {
    clearTimeout(this.finishing);
    const text = this.requests.answered(id);
    if (text === null) return;
    if (error) this.refused = { text, message: error, slow };
    else this.onFrame(frame, text);
    if (frame?.draft) this.finishing = setTimeout(() => this.askForAll(text), RESTING);
    this.onMove();
  }

  close() {
    this.thumbs.close();
    this.requests.close();
    for (const timer of [this.finishing, this.listening]) clearTimeout(timer);
    this.leave();
  }

  /** End the connection, if there is one, and hear no more of it. */
  leave() {
    clearTimeout(this.timer);
    if (!this.socket) return;
    for (const event of ["onopen", "onmessage", "onclose"]) this.socket[event] = null;
    this.socket.close();
  }
}
