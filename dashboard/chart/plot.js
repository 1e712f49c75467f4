// The plot: what is new is drawn by the fast path, and by Plotly when the hand rests or must wait.

import { forgetMoves, moveTraces } from "./fastpath.js";
import { axisMoves, fitsOn, structureOf } from "./pure/axes.js";
import { withDefaults } from "./pure/figure.js";
import { isDark } from "./pure/palette.js";
import { Zoom } from "./pure/zoom.js";

const SETTLE_AFTER = 150; // ms without input until Plotly redraws, so that hover is right again
const RESIZED_AFTER = 50; // ms without another size until Plotly redraws
const RELAYOUT_EVERY = 400; // ms between new axes while the hand moves, at the least
const RELAYOUT_SHARE = 0.1; // of the time that they may take
const PLOTLY_CONFIG = { displayModeBar: false, showTips: false, doubleClick: false };

export class Plot {
  static nextLayout = 0; // until then the plots of the page leave their axes as they are

  /**
   * `node` is where Plotly draws, and `look` says how. `isAwaited()` tells whether the next picture
   * is on its way, `onPlaced` follows when the axes may lie elsewhere, `onDrawn` when all is drawn
   * and `onReady` when that is so for the first time; `onBackground` gets the colour of a new theme.
   */
  constructor(node, look, events) {
    Object.assign(this, { node, look, ...events });
    this.zoom = new Zoom();
    this.drawn = false;
    this.resizing = new ResizeObserver(() => this.resized());
    this.onWindow = () => this.resized();
    addEventListener("resize", this.onWindow);
  }

  /** Draw a frame that is decoded, as quickly as can be. */
  show(frame) {
    this.frame = frame;
    const { figure } = frame;
    const structure = structureOf(figure);
    const layout = this.look.layoutOf(frame);
    // What needs less room than Plotly has given it gets that when the hand rests; what needs more
    // waits a little, because Plotly is slow.
    const fits = this.drawn && (this.fits(layout) || performance.now() < Plot.nextLayout);
    const kept = structure === this.structure && (fits || this.moveAxes(layout));
    if (kept && this.move()) this.settleLater();
    else this.react();
    this.structure = structure;
  }

  fits(layout) {
    return fitsOn(this.laidOut, layout, (name) => this.zoom.has(name));
  }

  /** Give the axes other ends. Plotly does that in half the time of a new drawing. */
  moveAxes(layout) {
    if (!this.drawn) return false;
    const moves = axisMoves(this.laidOut, layout);
    if (!moves) return false;
    for (const name of Object.keys(moves)) if (this.zoom.has(name.split(".")[0])) delete moves[name];
    this.timed(() => {
      forgetMoves(this.node);
      return this.Plotly.relayout(this.node, moves);
    });
    this.laidOut = layout;
    return true;
  }

  /** Let Plotly draw, and then leave it in peace for a while. */
  timed(draw) {
    const began = performance.now();
    const done = (this.reacting = draw());
    const now = performance.now();
    Plot.nextLayout = now + Math.max(RELAYOUT_EVERY, (now - began) / RELAYOUT_SHARE);
    return done;
  }

  /** Draw the traces by moving what is there; false where it takes Plotly to do so. */
  move() {
    try {
      return moveTraces(this.node, this.frame.figure.data);
    } catch {
      return false; // Plotly's markup is not what we know
    }
  }

  /** The traces show something else at this place of the cursor. */
  redraw() {
    if (this.move()) this.settleLater();
    else this.settleLater(0);
  }

  settleLater(delay = SETTLE_AFTER) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.isAwaited()) this.settleLater(); // the next picture is on its way
      else this.react();
    }, delay);
  }

  /** Let Plotly draw everything. */
  react() {
    clearTimeout(this.settling);
    const theme = this.look.themeOf(this.frame.figure);
    this.theme = JSON.stringify(theme);
    const restyled = this.drawn && theme.paper_bgcolor !== this.background;
    this.background = theme.paper_bgcolor;
    // Paper is white. What has left the page has no background any more.
    if (this.background) this.look.root.dataset.dark = isDark(this.background);
    if (restyled) this.onBackground(this.background);
    const size = this.look.fit(this.frame);
    const { data, layout } = this.look.figureOf(this.frame);
    // A finger moves the page; the zoom is for a mouse.
    const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    forgetMoves(this.node);
    this.laidOut = this.look.layoutOf(this.frame);
    const whole = { ...withDefaults(theme, this.zoom.applyTo(layout)), ...size, hovermode: false, dragmode };
    const done = this.timed(() => this.Plotly.react(this.node, data, whole, PLOTLY_CONFIG));
    // Where only the layout is new, Plotly leaves the marks alone: hide what waits outside again.
    this.move();
    if (!this.drawn) this.begin(done);
    return done;
  }

  /** It is drawn for the first time. */
  begin(done) {
    this.drawn = true;
    this.node.on("plotly_afterplot", () => {
      this.onPlaced();
      this.onDrawn();
    });
    this.node.on("plotly_relayouting", () => this.onPlaced());
    this.node.on("plotly_relayout", (changes) => this.zoom.take(changes, this.node.layout) && this.react());
    this.node.on("plotly_doubleclick", () => this.resetZoom());
    this.resizing.observe(this.look.stage);
    done.then(() => {
      this.onPlaced();
      this.onReady();
    });
  }

  /** Whether the theme of the page is another one than that of the drawing. */
  isRestyled() {
    return this.theme !== JSON.stringify(this.look.themeOf(this.frame.figure));
  }

  resized() {
    if (this.drawn) this.settleLater(RESIZED_AFTER);
  }

  resetZoom() {
    this.zoom.forget();
    this.react();
  }

  /** The drawing as SVG markup, and how large it is and in which font. */
  async picture() {
    await this.react(); // what is saved is what Plotly knows, not what the fast path has moved
    const { width, height, font } = this.node._fullLayout;
    const markup = await this.Plotly.toImage(this.node, { format: "svg", width, height, imageDataOnly: true });
    return { markup, width, height, font, factor: this.look.factor, background: this.background };
  }

  close() {
    clearTimeout(this.settling);
    this.resizing.disconnect();
    removeEventListener("resize", this.onWindow);
    this.reacting?.finally(() => this.Plotly.purge(this.node)); // it still speaks when it has drawn
  }
}
