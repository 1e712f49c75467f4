// The live chart: one Plotly figure that is updated in place, an iteration cursor over it, and a
// table of figures under it. Python sends a Frame (see dashboard/chart/__init__.py); a frame comes
// with each Streamlit run and, while a watched slider moves, from the WebSocket route as well.

import { Absences } from "./absent.js";
import { Cursor } from "./cursor.js";
import { button, element } from "./dom.js";
import { Heading } from "./heading.js";
import { joinEntries } from "./history.js";
import { Live } from "./live.js";
import { loaded } from "./loading.js";
import { Look } from "./look.js";
import { Names } from "./names.js";
import { fitToPaper } from "./paper.js";
import { download, pictureOf } from "./picture.js";
import { Plot } from "./plot.js";
import { Pointing } from "./pointing.js";
import { decode } from "./pure/decoding.js";
import { showMoving } from "./pure/moving.js";
import { pinnedOf, withPinned } from "./pure/pinned.js";
import { placesOf } from "./pure/places.js";
import { FrameQueue } from "./queue.js";
import { Sketching } from "./sketch.js";
import { Staleness } from "./stale.js";
import { Stepper } from "./stepper.js";
import { appUrl } from "./streamlit.js";
import { FigureTable } from "./table.js";

const NEAR = "200px"; // around the window: what is farther away need not follow the hand
const INSIST_AFTER = 300; // ms between two looks whether Python's answer is to the point
const RECHECK_AFTER = 400; // ms in which the variables of a theme may still change
const REPORT_AFTER = 250; // ms until Streamlit itself knows of a new theme
const [PIN, UNPIN] = ["Pin these curves: they stay in the picture", "Unpin the pale curves"];
const PAINTS = 600; // times of painting that are kept
const STATES = { step: "cursor", other: "other" }; // the directions of the cursor, as Python calls them

class Chart {
  constructor(parent) {
    this.parent = parent;
    this.calls = 0;
    this.build();
    this.look = new Look({
      root: this.root, stage: this.stage,
      onFactor: () => this.heading.settle(), // it was as high as text of another size
    });
    this.plot = new Plot(this.plotly, this.look, {
      isAwaited: () => this.live.isAwaited(),
      onPlaced: () => {
        this.cursor.place();
        this.sketching.settle();
      },
      onDrawn: () => this.absences.place(this.stage, this.plotly, this.frame.figure.data, this.look.isNarrow),
      onReady: () => (this.root.dataset.ready = "true"),
      onBackground: (color) => this.reportBackground(color),
    });
    this.queue = new FrameQueue((frame, text) => {
      this.draw(frame);
      this.stale.drawn(text);
    });
    this.pointing = new Pointing(this.stage, {
      stepsAt: (x, y) => this.cursor.stepsAt(x, y),
      onPeek: (steps) => this.stepper.peek(steps),
      onKeep: (steps) => this.stepper.keep(steps),
    });
    this.root.addEventListener("keydown", (event) => this.stepper.onKey(event, this));
    this.parent.append(this.root);
    this.paper = fitToPaper(this.root);
    this.onSave = ({ target }) => {
      const format = target.closest?.("[data-save-charts]")?.dataset.saveCharts;
      if (format && this.frame) this.save(format);
    };
    document.addEventListener("click", this.onSave); // the page has buttons for all its charts

    this.isSeen = true;
    // While the page is laid out several words may come at once: the last one holds.
    this.sight = new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1).isIntersecting;
      this.live.resume();
    }, { rootMargin: NEAR, scrollMargin: NEAR }); // the page scrolls within the window
    this.sight.observe(this.root);
    this.live = new Live({
      isSeen: () => this.isSeen,
      onFrame: (frame, text) => this.enqueue(frame, text),
      onMove: () => this.stale.check(),
      // With a word of the chart, Streamlit sends all that the controls say.
      onUnheard: () => this.setTriggerValue("again", true),
    });
    this.stale = new Staleness({ live: this.live, root: this.root, stage: this.stage });
  }

  /** The elements, and what writes into them. */
  build() {
    this.heading = new Heading();
    this.absences = new Absences(this.heading.root);
    this.plotly = element("div", "hg-plotly");
    this.stage = element("div", "hg-plot", {
      role: "application", "aria-roledescription": "chart", tabindex: 0,
      "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Home End Space Escape",
    }, this.plotly);
    this.cursor = new Cursor(this.plotly, {
      shown: () => this.stepper.shown,
      onPaint: () => this.cursorPainted(),
      onFocus: (focus) => this.setTriggerValue("focus", focus),
    });
    this.names = new Names(this.plotly);
    this.sketching = new Sketching(this.plotly, (heights) => this.setTriggerValue("sketch", heights));
    this.stage.append(this.names.layer, this.cursor.overlay.root, this.sketching.root);
    this.table = new FigureTable();
    this.transportSlot = element("div", "hg-transport-slot");
    this.pin = button(PIN, "Pin", () => this.togglePin());
    const tools = element("span", "hg-tools", {},
      this.pin,
      button("Reset zoom", "Reset zoom", () => this.plot.resetZoom()),
      button("Save the chart as SVG", "SVG", () => this.save("svg")),
      button("Save the chart as PNG", "PNG", () => this.save("png")));
    const bar = element("div", "hg-controls", {}, this.transportSlot, tools);
    this.root = element("div", "hg-chart", { "data-draws": 0 },
      this.heading.root, this.stage, this.sketching.bar, bar, this.cursor.readout.root, this.table.root);
    this.root.__paints = [];
  }

  /** Called for every Streamlit run and for every change of theme. */
  update(props) {
    const sent = JSON.parse(new TextDecoder().decode(props.data));
    const { frame, commit, filename, height, rest, narrow } = sent;
    Object.assign(this, { commit, filename, fromPython: frame });
    const { setStateValue, setTriggerValue } = props;
    Object.assign(this, { setStateValue, setTriggerValue });
    this.look.room = { height, rest, narrow };
    this.live.configure(sent.live);
    this.stale.answered(sent.pending);
    if (!this.live.thumbs.handIsDown()) this.heading.settle();
    if (!this.stepper) {
      this.stepper = Stepper.of(sent.group);
      this.stepper.join(this);
    }
    for (const [direction, name] of Object.entries(STATES)) this.stepper.receive(direction, sent[name]);
    if (this.plot.drawn) return this.accept();
    this.showText(frame);
    this.starting ??= loaded("Plotly", appUrl(sent.plotly)).then(
      (Plotly) => {
        if (this.closed) return;
        this.plot.Plotly = Plotly;
        this.enqueue(this.fromPython, this.live.thumbs.committed());
      },
      () => this.heading.say("The chart needs the server that `streamlit run dashboard/app.py` starts."),
    );
  }

  /** Draw Python's frame, unless the hand has already moved on. */
  accept() {
    clearTimeout(this.reconciling);
    const committed = this.live.thumbs.committed();
    const { next } = this.queue;
    if (this.fromPython.link === (next?.frame ?? this.frame).link) {
      // The picture is there, or about to be: drawn for what was asked live, it is this one.
      if (next) next.text = committed;
      else this.stale.drawn(committed);
    } else {
      // If the slider comes to rest elsewhere and Python still insists, Python is right.
      if (this.live.isBusy()) this.reconciling = setTimeout(() => this.accept(), INSIST_AFTER);
      else this.enqueue(this.fromPython, committed);
    }
    // The theme's variables may change a little after this call.
    clearTimeout(this.rechecking);
    this.rechecking = setTimeout(() => this.plot.isRestyled() && this.plot.react(), RECHECK_AFTER);
    if (this.plot.isRestyled()) this.plot.settleLater(0);
    else this.stepper.moveTo({});
  }

  enqueue(frame, text) {
    // While Plotly is on its way nothing is drawn: it will begin with Python's newest frame.
    if (this.plot.Plotly) this.queue.put(frame, text);
  }

  draw(frame) {
    const { figure, moving = [], lines = [] } = decode({ figure: frame.figure, moving: frame.moving, lines: frame.lines });
    this.sent = frame;
    this.frame = { ...frame, figure, moving, lines, places: placesOf(frame) };
    this.pin.hidden = !this.pinned && !pinnedOf(this.frame);
    if (this.pinned) this.frame = withPinned(this.frame, this.pinned);
    this.showText(this.frame);
    this.cursor.findPlaces(this.frame);
    this.showPlaces();
    this.sketching.show(frame.sketch);
    this.plot.show(this.frame);
    this.sketching.settle();
    this.cursor.setFrame(this.frame);
    this.stepper.frameChanged();
    this.root.dataset.drawnLink = frame.link;
    this.root.dataset.draws = Number(this.root.dataset.draws) + 1;
  }

  showText(frame) {
    this.heading.show(frame);
    this.absences.show(frame.absent);
    this.table.show(frame.table);
    this.stage.setAttribute("aria-label", frame.alt);
    this.root.dataset.still = Boolean(frame.still);
  }

  /** Let the curves stay in the picture when the settings change, or take them away. */
  togglePin() {
    this.pinned = this.pinned ? null : pinnedOf(this.frame);
    this.pin.textContent = this.pinned ? "Unpin" : "Pin";
    const label = this.pinned ? UNPIN : PIN;
    this.pin.title = label;
    this.pin.setAttribute("aria-label", label);
    this.draw(this.sent);
  }

  /** Steps and names of the places in a direction of the cursor. */
  placesOf(direction) {
    return this.frame?.places[direction].at ?? [];
  }

  namesOf(direction) {
    return this.frame?.places[direction].names ?? [];
  }

  cursorPainted() {
    this.root.dataset.cursor = this.placesOf("step")[this.cursor.places[0]] ?? 0;
    if (this.showPlaces()) this.plot.redraw();
    this.names.paint(this.frame, this.look.factor, this.plot.background, this.look.leastText);
    this.root.__paints.push(performance.now());
    if (this.root.__paints.length > PAINTS) this.root.__paints.shift();
  }

  /** Let the traces show what they show where the cursor is; whether there is anything new to draw. */
  showPlaces() {
    const { moving, figure } = this.frame;
    const key = this.cursor.places.join();
    if (this.frame.shownAt === key) return false;
    this.frame.shownAt = key;
    showMoving(moving, figure.data, this.cursor.places);
    return moving.length > 0;
  }

  /** Tell Python where the cursor is: that runs the page, which changes nothing in the picture. */
  commitStep(direction, step) {
    this.stale.expectOwnRun();
    this.setStateValue(STATES[direction], step);
  }

  /** Python chooses the colours of the traces: it hears of a new background, once. */
  reportBackground(color) {
    this.reporting = setTimeout(() => this.setStateValue("background", color), REPORT_AFTER);
  }

  async save(format) {
    const { markup, ...style } = await this.plot.picture();
    const picture = pictureOf(this.frame, markup, this.names.layer, style);
    download(format === "svg" ? picture.asBlob() : await picture.asImage(2), `${this.filename}.${format}`);
  }

  close() {
    this.closed = true;
    for (const timer of [this.reconciling, this.rechecking, this.reporting]) clearTimeout(timer);
    for (const part of [this.queue, this.live, this.stale, this.cursor, this.pointing, this.table, this.heading]) {
      part.close();
    }
    document.removeEventListener("click", this.onSave);
    this.stepper?.leave(this);
    this.sight.disconnect();
    this.paper.disconnect();
    this.plot.close();
    this.root.remove();
    charts.delete(this.parent);
  }
}

const charts = new Map();
joinEntries();

/** Show what `props` say in their element; it returns the clean-up. */
export function mountChart(props) {
  const parent = props.parentElement;
  if (!charts.has(parent)) charts.set(parent, new Chart(parent));
  const chart = charts.get(parent);
  chart.update(props);
  // While the script is on its way Streamlit may call more than once, and takes back the calls but
  // the last, one after the other: what the last one shows stays.
  chart.calls += 1;
  const mine = chart.calls;
  return () => {
    if (chart.calls === mine) chart.close();
  };
}
