// Live while the hand moves: watch Streamlit's own sliders and ask the server for each value.
//
// Streamlit tells Python about a slider when it is released. In between, the thumb's value is
// read from the page and the frame for it is fetched over a WebSocket. Two requests may be under
// way, so that a slow one does not hold up a quick one; the newest value waits for its turn, and
// what is answered later than a newer one is dropped. Without the route or the markup, the chart
// is redrawn on release.

const AT_ONCE = 2; // requests under way
const SLOW = 400; // ms after which a request is no longer waited for, if a newer one is wanted
const RESTING = 120; // ms without a newer picture until all points are asked for

/** Absolute address of a path of this app, also below a base path. */
function appUrl(path) {
  const script = document.querySelector('script[src*="static/js/"]');
  const base = script ? new URL("../../", script.src) : new URL("./", document.baseURI);
  return new URL(path.replace(/^\//, ""), base);
}

const sameValue = (a, b) => a === b || (a !== "" && b !== "" && Number(a) === Number(b));

class Live {
  /**
   * `onFrame` gets a frame and the parameters that it answers, `onMove` follows each thumb. While
   * `isSeen` says no, nothing is asked for: the picture comes with the page when the hand rests.
   */
  constructor({ onFrame, onMove, isSeen }) {
    Object.assign(this, { onFrame, onMove, isSeen });
    this.lastInput = -Infinity;
    this.settings = null;
    this.wanted = null; // parameters that the thumbs stand at, not yet sent, as text
    this.asked = null; // the newest parameters
    this.inFlight = new Map(); // id -> what is being computed: its parameters, and since when
    this.nextId = 1;
    this.standing = null; // parameters that the thumbs stand at
    this.thumbs = new Map(); // key of a widget -> its slider
    this.left = new Map(); // parameters -> when a thumb left them
    this.refused = null; // parameters that were answered by a message
    this.retryAfter = 1000;
    this.observer = new MutationObserver((records) => {
      if (records.some((r) => this.watches(r.target))) this.thumbMoved();
    });
  }

  configure(settings) {
    const known = this.settings && this.committed();
    this.settings = settings;
    if (!settings) return;
    if (!this.socket) {
      // On the document, so that it keeps working when Streamlit replaces a slider.
      const attributeFilter = ["aria-valuetext", "value"];
      this.observer.observe(document.body, { subtree: true, attributeFilter });
      this.connect();
    } else if (this.committed() !== known) {
      // What is being computed belongs to settings that are no longer those of the page.
      this.inFlight.clear();
      this.wanted = this.refused = null;
      this.asked = this.isAhead() ? null : this.now();
      if (this.handIsDown() && this.isAhead()) this.thumbMoved();
    }
    this.standing = this.now();
  }

  /** The slider of a watch; asked for several times with each move, so it is looked for once. */
  thumb({ key }) {
    const known = this.thumbs.get(key);
    if (known?.isConnected) return known;
    const found = document.querySelector(`.st-key-${CSS.escape(key)} input[type="range"]`);
    this.thumbs.set(key, found);
    return found;
  }

  watches(element) {
    return element.type === "range" && this.settings?.watch.some((watch) => this.thumb(watch) === element);
  }

  /** Parameters with the value that each watched thumb shows now. */
  params() {
    const params = { ...this.settings.params };
    for (const { param, key, options } of this.settings.watch) {
      const thumb = this.thumb({ key });
      if (!thumb) continue;
      const value = options ? options[Number(thumb.value)] : thumb.value;
      if (value !== undefined && !sameValue(value, String(params[param]))) params[param] = value;
    }
    return params;
  }

  /** Those that Python knows of, and those that the thumbs stand at, as text. */
  committed() {
    return JSON.stringify(this.settings?.params);
  }

  now() {
    return this.settings ? JSON.stringify(this.params()) : undefined;
  }

  /** True while a thumb stands elsewhere than the settings that Python knows of. */
  isAhead() {
    return this.now() !== this.committed();
  }

  handIsDown() {
    return document.querySelector('[data-testid="stSlider"] [data-dragging]') !== null;
  }

  /** True while what Python says may be an answer to an earlier value of a thumb. */
  isBusy() {
    if (!this.isAhead()) return false;
    const patience = scriptIsRunning() ? 5000 : 1000;
    return this.handIsDown() || performance.now() - this.lastInput < patience;
  }

  /** True while the hand is down and a picture of where it is has been asked for. */
  isAwaited() {
    return this.inFlight.size > 0 && this.handIsDown();
  }

  thumbMoved() {
    const text = this.now();
    if (text !== this.standing) {
      this.left.set(this.standing, performance.now());
      if (this.left.size > 500) this.left.delete(this.left.keys().next().value);
      this.standing = text;
    }
    this.onMove();
    if (text === this.asked) return; // Streamlit also writes the same value again
    this.asked = this.wanted = text;
    this.lastInput = performance.now();
    this.send();
  }

  send() {
    clearTimeout(this.waiting);
    if (!this.wanted || !this.isSeen() || this.socket?.readyState !== WebSocket.OPEN) return;
    const awaited = [...this.inFlight.values()].filter(({ late }) => !late);
    if (awaited.length >= AT_ONCE) {
      const left = awaited[0].since + SLOW - performance.now();
      if (left > 0) {
        this.waiting = setTimeout(() => this.send(), left);
        return;
      }
      awaited[0].late = true; // its answer is welcome until there is a newer one
    }
    this.ask(this.wanted);
    this.wanted = null;
  }

  ask(text, more = {}) {
    const id = this.nextId++;
    this.inFlight.set(id, { text, since: performance.now() });
    this.socket.send(JSON.stringify({ id, params: { ...JSON.parse(text), ...more } }));
  }

  /** The hand rests on what was drawn with fewer points. */
  askForAll(text) {
    if (text === this.now() && this.socket?.readyState === WebSocket.OPEN) this.ask(text, { whole: "1" });
  }

  connect() {
    const url = appUrl(this.settings.path);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.retryAfter = 1000;
      if (this.isAhead()) this.thumbMoved();
      this.send();
    };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => {
      this.inFlight.clear();
      this.wanted = this.asked = null;
      this.onMove();
      this.timer = setTimeout(() => this.connect(), this.retryAfter);
      this.retryAfter = Math.min(2 * this.retryAfter, 60000);
    };
  }

  receive({ id, frame, error, slow }) {
    clearTimeout(this.finishing);
    const asked = this.inFlight.get(id);
    if (!asked) return; // older than what has been answered, or of other settings
    for (const other of [...this.inFlight.keys()]) if (other <= id) this.inFlight.delete(other);
    this.send(); // the server computes the next one while this one is drawn
    if (error) this.refused = { text: asked.text, message: error, slow };
    else this.onFrame(frame, asked.text);
    if (frame?.draft) this.finishing = setTimeout(() => this.askForAll(asked.text), RESTING);
    this.onMove();
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.timer);
    clearTimeout(this.waiting);
    clearTimeout(this.finishing);
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.onmessage = null;
      this.socket.close();
    }
  }
}
