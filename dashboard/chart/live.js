// Live while the hand moves: watch Streamlit's own sliders and ask the server for each value.
//
// Streamlit tells Python about a slider when it is released. In between, the thumb's value is
// read from the page and the frame for it is fetched over a WebSocket: one request in flight,
// the latest value wins. Without the route or the markup, the chart is redrawn on release.

/** Absolute address of a path of this app, also below a base path. */
function appUrl(path) {
  const script = document.querySelector('script[src*="static/js/"]');
  const base = script ? new URL("../../", script.src) : new URL("./", document.baseURI);
  return new URL(path.replace(/^\//, ""), base);
}

const sameValue = (a, b) => a === b || (a !== "" && b !== "" && Number(a) === Number(b));

class Live {
  constructor({ onFrame, onError }) {
    Object.assign(this, { onFrame, onError });
    this.lastInput = -Infinity;
    this.settings = null;
    this.wanted = null; // parameters that the thumbs stand at, not yet sent
    this.asked = null; // the newest parameters, as text
    this.inFlight = null; // id of the request that is being computed
    this.nextId = 1;
    this.retryAfter = 1000;
    this.observer = new MutationObserver((records) => {
      if (records.some((r) => this.watches(r.target))) this.thumbMoved();
    });
  }

  configure(settings) {
    const known = JSON.stringify(this.settings?.params);
    this.settings = settings;
    if (!settings) return;
    if (!this.socket) {
      // On the document, so that it keeps working when Streamlit replaces a slider.
      const attributeFilter = ["aria-valuetext", "value"];
      this.observer.observe(document.body, { subtree: true, attributeFilter });
      this.connect();
    } else if (JSON.stringify(settings.params) !== known) {
      // What is being computed belongs to settings that are no longer those of the page.
      this.inFlight = this.wanted = null;
      this.asked = this.isAhead() ? null : JSON.stringify(this.params());
      if (this.handIsDown() && this.isAhead()) this.thumbMoved();
    }
  }

  thumb(watch) {
    return document.querySelector(`.st-key-${CSS.escape(watch.key)} input[type="range"]`);
  }

  watches(element) {
    return this.settings?.watch.some((watch) => this.thumb(watch) === element);
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

  /** True while a thumb stands elsewhere than the settings that Python knows of. */
  isAhead() {
    if (!this.settings) return false;
    const now = this.params();
    return this.settings.watch.some(({ param }) => now[param] !== this.settings.params[param]);
  }

  handIsDown() {
    return document.querySelector('[data-testid="stSlider"] [data-dragging]') !== null;
  }

  /** True while what Python says may be an answer to an earlier value of a thumb. */
  isBusy() {
    if (!this.isAhead()) return false;
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;
    const patience = state === "running" ? 5000 : 1000;
    return this.handIsDown() || performance.now() - this.lastInput < patience;
  }

  thumbMoved() {
    const params = this.params();
    const text = JSON.stringify(params);
    if (text === this.asked) return; // Streamlit also writes the same value again
    this.asked = text;
    this.lastInput = performance.now();
    this.wanted = params;
    this.send();
  }

  send() {
    if (!this.wanted || this.inFlight !== null || this.socket?.readyState !== WebSocket.OPEN) return;
    this.inFlight = this.nextId++;
    this.socket.send(JSON.stringify({ id: this.inFlight, params: this.wanted }));
    this.wanted = null;
  }

  connect() {
    const url = appUrl(this.settings.path);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.onopen = () => {
      this.retryAfter = 1000;
      this.send();
    };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = () => {
      this.inFlight = this.wanted = this.asked = null;
      this.timer = setTimeout(() => this.connect(), this.retryAfter);
      this.retryAfter = Math.min(2 * this.retryAfter, 60000);
    };
  }

  receive(answer) {
    if (answer.id !== this.inFlight && answer.id !== null) return; // null: it could not even be read
    this.inFlight = null;
    this.send(); // the server computes the next one while this one is drawn
    if (answer.error) this.onError(answer.error);
    else this.onFrame(answer.frame);
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.timer);
    if (this.socket) {
      this.socket.onclose = null;
      this.socket.onmessage = null;
      this.socket.close();
    }
  }
}
