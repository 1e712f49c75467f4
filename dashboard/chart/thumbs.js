// Streamlit's own sliders, read while they move.
//
// Streamlit tells Python about a slider when it is released. In between, the value of its thumb is
// read from the page.

const REMEMBERED = 500; // values that a thumb has left
const PRESSES = ["pointerdown", "pointerup", "pointercancel"];
const OF_NO_HAND = 4000; // a pointer that no browser gives to a mouse or a finger

const sameValue = (a, b) => a === b || (a !== "" && b !== "" && Number(a) === Number(b));

export class Thumbs {
  /** `onMove` follows each move of a thumb that is watched. */
  constructor(onMove) {
    this.settings = null; // of the page: the parameters that Python knows of, and what is watched
    this.standing = undefined; // parameters that the thumbs stand at, as text
    this.left = new Map(); // parameters -> when a thumb left them
    this.sliders = new Map(); // key of a widget -> its slider
    this.isPressed = false; // the hand is down, whatever a slider thinks
    this.onPress = ({ type, isTrusted }) => {
      if (isTrusted) this.isPressed = type === "pointerdown";
    };
    this.observer = new MutationObserver((records) => {
      if (records.some((r) => this.watches(r.target))) onMove();
    });
  }

  /** Begin to watch. On the document, so that it goes on when Streamlit replaces a slider. */
  observe() {
    const attributeFilter = ["aria-valuetext", "value"];
    this.observer.observe(document.body, { subtree: true, attributeFilter });
    for (const name of PRESSES) addEventListener(name, this.onPress, true);
  }

  /** The slider of a watch; asked for several times with each move, so it is looked for once. */
  slider({ key }) {
    const known = this.sliders.get(key);
    if (known?.isConnected) return known;
    const slider = document.querySelector(`.st-key-${CSS.escape(key)} input[type="range"]`);
    this.sliders.set(key, slider);
    return slider;
  }

  watches(element) {
    return element.type === "range" && this.settings?.watch.some((watch) => this.slider(watch) === element);
  }

  /** Parameters with the value that each watched thumb shows now. */
  params() {
    const params = { ...this.settings.params };
    for (const { param, key, options } of this.settings.watch) {
      const slider = this.slider({ key });
      if (!slider) continue;
      const value = options ? options[Number(slider.value)] : slider.value;
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
  areAhead() {
    return this.now() !== this.committed();
  }

  handIsDown() {
    return document.querySelector('[data-testid="stSlider"] [data-dragging]') !== null;
  }

  /** True while Streamlit locks the thumbs, because it has lost its server. */
  areLocked() {
    return this.settings.watch.some((watch) => this.slider(watch)?.disabled);
  }

  /**
   * End a drag whose end a locked slider has not noticed, with a press on the thumb that moves
   * nothing; false if there was none.
   */
  letGo() {
    const stuck = this.settings.watch.map((watch) => this.slider(watch)).filter((slider) => slider?.closest("[data-dragging]"));
    for (const slider of stuck) {
      const press = { bubbles: true, button: 0, pointerId: OF_NO_HAND };
      slider.dispatchEvent(new PointerEvent("pointerdown", press));
      slider.dispatchEvent(new PointerEvent("pointerup", press));
    }
    return stuck.length > 0;
  }

  /** Where the thumbs stand now, as text; it is remembered when they left where they stood. */
  follow() {
    const text = this.now();
    if (text !== this.standing) {
      this.left.set(this.standing, performance.now());
      if (this.left.size > REMEMBERED) this.left.delete(this.left.keys().next().value);
      this.standing = text;
    }
    return text;
  }

  /** The parameters that are moved away from those of `text`, as the sliders say them. */
  movedFrom(text) {
    const [before, now] = [JSON.parse(text), this.params()];
    return this.settings.watch.filter(({ param }) => now[param] !== before[param]).map((watch) => {
      // Without what is in brackets.
      const value = this.slider(watch)?.getAttribute("aria-valuetext")?.split(" (")[0];
      return { param: watch.param, value };
    });
  }

  close() {
    this.observer.disconnect();
    for (const name of PRESSES) removeEventListener(name, this.onPress, true);
  }
}
