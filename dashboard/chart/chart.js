// The live chart: one Plotly figure that is updated in place, an iteration cursor over it, and a
// table of figures under it. Python sends a Frame (see dashboard/chart/__init__.py); a frame comes
// with each Streamlit run and, while a watched slider moves, from the WebSocket route as well.
//
// The other scripts of this folder are placed before this one.

const SETTLE_AFTER = 150; // ms without input until Plotly redraws, so that hover is right again
const RELAYOUT_EVERY = 400; // ms between new axes while the hand moves, at the least
const RELAYOUT_SHARE = 0.1; // of the time that they may take
const NEAR = "200px"; // around the window: what is farther away need not follow the hand
const TYPED = { f4: Float32Array, f8: Float64Array };

function loadPlotly(url) {
  globalThis.hgPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => (globalThis.Plotly ? resolve(globalThis.Plotly) : reject(new Error("no Plotly")));
    script.onerror = reject;
    document.head.append(script);
  });
  return globalThis.hgPlotly;
}

const rowsOf = (values, rows, columns) =>
  Array.from({ length: rows }, (_, r) => values.subarray(r * columns, (r + 1) * columns));

/** The bytes of a base64 text. A map has a quarter of a million: nothing is called for each. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = plain.charCodeAt(i);
  return bytes;
}

/** Base64 arrays become typed arrays, wherever they are in a figure. */
function decode(value) {
  if (Array.isArray(value)) return value.map((v) => (v && typeof v === "object" ? decode(v) : v));
  if (!value || typeof value !== "object") return value;
  if (value.bdata !== undefined) {
    const values = new TYPED[value.dtype](bytesOf(value.bdata).buffer);
    return value.shape ? rowsOf(values, ...value.shape.split(",").map(Number)) : values;
  }
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, decode(v)]));
}

/** `values`, completed by `defaults` where nothing is set. */
function withDefaults(defaults, values) {
  const merged = { ...defaults, ...values };
  for (const [name, value] of Object.entries(defaults)) {
    const nested = value && typeof value === "object" && !Array.isArray(value) && values?.[name];
    if (nested) merged[name] = withDefaults(value, nested);
  }
  return merged;
}

/** Steps and names of the places of the cursor, in each of its directions. */
function placesOf({ at, steps, other }) {
  const places = (names = [], own = names.map((_, i) => i)) => ({ names, at: own });
  return { step: places(steps, at), other: places(other?.steps, other?.at) };
}

class Chart {
  static nextLayout = 0; // until then the charts of the page leave their axes as they are

  constructor(parent) {
    this.parent = parent;
    this.heading = new Heading();
    this.absences = new Absences(this.heading.root);
    this.plot = element("div", "hg-plotly");
    this.stage = element("div", "hg-plot", {
      role: "application", "aria-roledescription": "chart", tabindex: 0,
      "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Home End Space Escape",
    }, this.plot);
    this.cursor = new Cursor(this.plot, {
      shown: () => this.stepper.shown,
      onPaint: () => this.cursorPainted(),
      onFocus: (focus) => this.setTriggerValue("focus", focus),
    });
    this.pointing = new Pointing(this.stage, {
      stepsAt: (x, y) => this.cursor.stepsAt(x, y),
      onPeek: (steps) => this.stepper.peek(steps),
      onKeep: (steps) => this.stepper.keep(steps),
    });
    this.names = new Names(this.plot);
    this.zoom = new Zoom();
    this.stage.append(this.names.layer, this.cursor.overlay);
    this.table = new FigureTable();
    this.transportSlot = element("div", "hg-transport-slot");
    const bar = element("div", "hg-controls", {}, this.transportSlot, this.buildTools());
    this.root = element("div", "hg-chart", { "data-draws": 0 },
      this.heading.root, this.stage, bar, this.cursor.readoutBox, this.table.root);
    this.root.__paints = [];
    this.root.addEventListener("keydown", (event) => this.stepper.onKey(event, this));
    parent.append(this.root);

    this.isSeen = true;
    this.sight = new IntersectionObserver(([{ isIntersecting }]) => {
      this.isSeen = isIntersecting;
      this.live.send();
    }, { rootMargin: NEAR });
    this.sight.observe(this.root);
    this.live = new Live({
      isSeen: () => this.isSeen,
      onFrame: (frame, text) => this.queue(frame, text),
      onMove: () => this.stale.check(),
    });
    this.stale = new Staleness({ live: this.live, root: this.root, stage: this.stage });
    this.resizing = new ResizeObserver(() => this.resized());
    this.onWindow = () => this.resized();
    addEventListener("resize", this.onWindow);
  }

  buildTools() {
    return element("span", "hg-tools", {},
      button("Reset zoom", "Reset zoom", () => this.resetZoom()),
      button("Save the chart as SVG", "SVG", () => this.save("svg")),
      button("Save the chart as PNG", "PNG", () => this.save("png")));
  }

  /** Called for every Streamlit run and for every change of theme. */
  update(props) {
    const sent = JSON.parse(new TextDecoder().decode(props.data));
    const { frame, commit, filename, height, rest, narrow } = sent;
    Object.assign(this, { commit, filename, fromPython: frame });
    const { setStateValue, setTriggerValue } = props;
    Object.assign(this, { setStateValue, setTriggerValue, room: { height, rest, narrow } });
    this.live.configure(sent.live);
    this.stale.answered(sent.pending);
    if (!this.live.handIsDown()) this.heading.settle();
    if (!this.stepper) {
      this.stepper = Stepper.of(sent.group);
      this.stepper.join(this);
    }
    for (const [direction, name] of Object.entries(STATES)) this.stepper.receive(direction, sent[name]);
    if (this.drawn) return this.accept();
    this.showFrameText(frame);
    this.starting ??= loadPlotly(appUrl(sent.plotly)).then(
      (Plotly) => {
        if (this.closed) return;
        this.Plotly = Plotly;
        this.queue(this.fromPython, this.live.committed());
      },
      () => this.heading.say("The chart needs the server that `streamlit run dashboard/app.py` starts."),
    );
  }

  /** Draw Python's frame, unless the hand has already moved on. */
  accept() {
    clearTimeout(this.reconciling);
    if (this.fromPython.link === (this.queued?.frame ?? this.frame).link) {
      // The picture is there, or about to be: drawn for what was asked live, it is this one.
      if (this.queued) this.queued.text = this.live.committed();
      else this.stale.drawn(this.live.committed());
    } else {
      // If the slider comes to rest elsewhere and Python still insists, Python is right.
      if (this.live.isBusy()) this.reconciling = setTimeout(() => this.accept(), 300);
      else this.queue(this.fromPython, this.live.committed());
    }
    // The theme's variables may change a little after this call.
    clearTimeout(this.rechecking);
    this.rechecking = setTimeout(() => this.isRestyled() && this.react(), 400);
    if (this.isRestyled()) this.settleLater(0);
    else this.stepper.moveTo({});
  }

  isRestyled() {
    return this.theme !== JSON.stringify(this.themeLayout());
  }

  /**
   * Draw with the next screen frame, after the events that belong to it: the browser lays the page
   * out once for both. The newest counts. `text` is what the frame was drawn for: the parameters of
   * a page with a live route.
   */
  queue(frame, text) {
    if (!this.Plotly) return; // it is on its way, and will begin with Python's newest frame
    this.queued = { frame, text };
    if (document.hidden) this.drawQueued(); // it has no screen frames
    else this.drawing ??= requestAnimationFrame(() => this.drawQueued());
  }

  drawQueued() {
    cancelAnimationFrame(this.drawing);
    this.drawing = null;
    const next = this.queued;
    this.queued = null;
    if (!next) return;
    this.draw(next.frame);
    this.stale.drawn(next.text);
  }

  draw(frame) {
    const { figure, moving = [], lines = [] } = decode({ figure: frame.figure, moving: frame.moving, lines: frame.lines });
    const structure = structureOf(figure);
    this.frame = { ...frame, figure, moving, lines, places: placesOf(frame) };
    this.showFrameText(frame);
    this.cursor.findPlaces(this.frame);
    this.showSteps();
    // What needs less room than Plotly has given it gets that when the hand rests; what needs more
    // waits a little, because Plotly is slow.
    const fits = this.drawn && (this.fits(figure.layout) || performance.now() < Chart.nextLayout);
    const kept = structure === this.structure && (fits || this.moveAxes(figure.layout));
    if (kept && this.tryFastPath(figure.data)) this.settleLater();
    else this.react();
    this.structure = structure;
    this.cursor.setFrame(this.frame);
    this.stepper.frameChanged();
    this.root.dataset.drawnLink = frame.link;
    this.root.dataset.draws = Number(this.root.dataset.draws) + 1;
  }

  fits(layout) {
    return fitsOn(this.laidOut, layout, (name) => this.zoom.has(name));
  }

  /** Give the axes other ends. Plotly does that in half the time of a new drawing. */
  moveAxes(layout) {
    if (!this.drawn || (this.isNarrow() && this.frame.narrow)) return false;
    const moves = axisMoves(this.laidOut, layout);
    if (!moves) return false;
    for (const name of Object.keys(moves)) if (this.zoom.has(name.split(".")[0])) delete moves[name];
    this.timed(() => {
      forgetMoves(this.plot);
      return this.Plotly.relayout(this.plot, moves);
    });
    this.laidOut = layout;
    return true;
  }

  /** Let Plotly draw, and then leave it in peace for a while. */
  timed(draw) {
    const began = performance.now();
    const done = (this.reacting = draw());
    const now = performance.now();
    Chart.nextLayout = now + Math.max(RELAYOUT_EVERY, (now - began) / RELAYOUT_SHARE);
    return done;
  }

  tryFastPath(data) {
    try {
      return moveTraces(this.plot, data);
    } catch (error) {
      return false; // Plotly's markup is not what we know: let Plotly draw
    }
  }

  settleLater(delay = SETTLE_AFTER) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.live.isAwaited()) this.settleLater(); // the next picture is on its way
      else this.react();
    }, delay);
  }

  react() {
    clearTimeout(this.settling);
    const theme = this.themeLayout();
    this.theme = JSON.stringify(theme);
    // Python chooses the colours of the traces: it hears of a new background, once, and a little
    // later, when Streamlit itself knows of the new theme.
    const restyled = this.drawn && theme.paper_bgcolor !== this.background;
    this.background = theme.paper_bgcolor;
    if (restyled) this.reporting = setTimeout(() => this.setStateValue("background", this.background), 250);
    const size = this.fit();
    const { data, layout } = this.figureHere();
    // A finger moves the page; the zoom is for a mouse.
    const dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    const config = { displayModeBar: false, showTips: false, doubleClick: false };
    forgetMoves(this.plot);
    this.laidOut = this.frame.figure.layout;
    const whole = { ...withDefaults(theme, this.zoom.applyTo(layout)), ...size, hovermode: false, dragmode };
    const done = this.timed(() => this.Plotly.react(this.plot, data, whole, config));
    // Where only the layout is new, Plotly leaves the marks alone: hide what waits outside again.
    this.tryFastPath(this.frame.figure.data);
    if (this.drawn) return done;
    this.drawn = true;
    this.plot.on("plotly_afterplot", () => {
      this.cursor.place();
      this.absences.place(this.stage, this.plot, this.frame.figure.data, this.isNarrow());
    });
    this.plot.on("plotly_relayouting", () => this.cursor.place());
    this.plot.on("plotly_relayout", (changes) => this.zoom.take(changes, this.plot.layout) && this.react());
    this.plot.on("plotly_doubleclick", () => this.resetZoom());
    this.resizing.observe(this.stage);
    done.then(() => {
      this.cursor.place();
      this.root.dataset.ready = "true";
    });
    return done;
  }

  resized() {
    if (this.drawn) this.settleLater(50);
  }

  /** Give everything the size that it wants on this screen; the size of the plot. */
  fit() {
    const { height, rest } = this.room;
    const factor = screenFactor();
    if (factor !== this.factor) this.heading.settle(); // it was as high as text of another size
    this.factor = factor;
    this.root.style.setProperty("--hg-scale", this.factor);
    const width = this.stage.clientWidth;
    // No higher than is of use on a screen that is high and not wide.
    const room = Math.min(innerHeight - rest * this.factor, 0.75 * width);
    const narrow = this.isNarrow() && this.frame.narrow?.height * (this.factor / SMALLEST);
    this.stage.style.height = `${Math.round(narrow || Math.max(height * this.factor, room))}px`;
    return { width, height: this.stage.clientHeight };
  }

  isNarrow() {
    return this.stage.clientWidth < this.room.narrow;
  }

  /** The figure as it is drawn here. It is ours to change: Plotly writes zoomed ranges into it. */
  figureHere() {
    const { figure, narrow, names = [] } = this.frame;
    const other = this.isNarrow() && narrow ? withDefaults(figure.layout, narrow.layout) : figure.layout;
    const data = figure.data.map((trace) => withWaiting(scaled(trace, this.factor), figure));
    for (const { trace } of names) data[trace].visible = false; // we write them ourselves
    const base = { font: { size: 17 } };
    return { data, layout: levelTicks(scaled(withDefaults(base, other), this.factor)) };
  }

  /** Text, grid and background from Streamlit's theme; the traces bring their own colours. */
  themeLayout() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(name).trim();
    const [text, grid, background] = [read("--hg-text"), read("--hg-grid"), read("--hg-background")];
    const axisNames = Object.keys(this.frame.figure.layout).filter(isAxis);
    const axis = { color: text, gridcolor: grid, linecolor: grid, zerolinecolor: grid };
    return {
      font: { color: text, family: style.fontFamily, size: parseFloat(style.fontSize) },
      paper_bgcolor: background,
      plot_bgcolor: background,
      ...Object.fromEntries(axisNames.map((name) => [name, axis])),
    };
  }

  showFrameText(frame) {
    this.heading.show(frame);
    this.absences.show(frame.absent);
    this.table.show(frame.table);
    this.stage.setAttribute("aria-label", frame.alt);
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
    if (this.showSteps()) {
      if (this.tryFastPath(this.frame.figure.data)) this.settleLater();
      else this.settleLater(0);
    }
    this.names.paint(this.frame, this.factor, this.background);
    this.root.__paints.push(performance.now());
    if (this.root.__paints.length > 600) this.root.__paints.shift();
  }

  /** Put into the traces that go with the cursor what they show at its place; whether that is new. */
  showSteps() {
    const { places } = this.cursor;
    const key = places.join();
    if (this.frame.shownAt === key) return false;
    this.frame.shownAt = key;
    for (const move of this.frame.moving) {
      const { trace, by, walk, whole, ...values } = move;
      const shown = this.frame.figure.data[trace];
      if (walk) {
        // The points that are still to come lie where the cursor is.
        move.whole ??= { x: shown.x, y: shown.y };
        for (const name of ["x", "y"]) {
          const at = move.whole[name][places[by]];
          shown[name] = move.whole[name].map((value, i) => (i > places[by] ? at : value));
        }
      }
      for (const [name, steps] of Object.entries(values)) {
        shown[name] = this.rowOf(steps, places[by]);
      }
    }
    return this.frame.moving.length > 0;
  }

  /** What a trace shows at a place: a row, or a column of the rows of another trace. */
  rowOf(steps, place) {
    if (steps.across === undefined) return steps[Math.min(place, steps.length - 1)];
    return Float32Array.from(this.frame.moving[steps.across].y, (row) => row[place]);
  }

  commitState(name, value) {
    this.stale.expectOwnRun();
    this.setStateValue(name, value);
  }

  resetZoom() {
    this.zoom.forget();
    this.react();
  }

  async save(format) {
    await this.react(); // what is saved is what Plotly knows, not what the fast path has moved
    const { width, height, font } = this.plot._fullLayout;
    const markup = await this.Plotly.toImage(this.plot, { format: "svg", width, height, imageDataOnly: true });
    const style = { width, height, font, factor: this.factor, background: this.background };
    const picture = pictureOf(this.frame, markup, this.names.layer, style);
    download(format === "svg" ? picture.asBlob() : await picture.asImage(2), `${this.filename}.${format}`);
  }

  close() {
    this.closed = true;
    for (const timer of [this.settling, this.reconciling, this.rechecking, this.reporting]) {
      clearTimeout(timer);
    }
    cancelAnimationFrame(this.drawing);
    this.live.close();
    this.stale.close();
    this.cursor.close();
    this.pointing.close();
    this.stepper?.leave(this);
    this.table.close();
    this.heading.close();
    this.resizing.disconnect();
    this.sight.disconnect();
    removeEventListener("resize", this.onWindow);
    this.reacting?.finally(() => this.Plotly.purge(this.plot)); // it still speaks when it has drawn
    this.root.remove();
    charts.delete(this.parent);
  }
}

const charts = new Map();

/** Streamlit calls this on mounting and whenever data or theme change; it returns the clean-up. */
export default function mount(props) {
  const parent = props.parentElement;
  if (!charts.has(parent)) charts.set(parent, new Chart(parent));
  const chart = charts.get(parent);
  chart.update(props);
  return () => chart.close();
}
