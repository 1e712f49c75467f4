// A lesson without a server: the chart of the dashboard, with pictures that were computed before.

import { mountChart } from "../../../chart/chart.js";
import { formatValue } from "../../../chart/pure/formats.js";
import { applied } from "../../../chart/pure/patches.js";

const ROOM = { height: 380, rest: 330 }; // of the plot, and around it, as on the page of the lecture
const MODES = matchMedia("(prefers-color-scheme: dark)");

/** What was packed by Python: JSON, compressed, as text. */
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/** What a drawn curve is told, as `_sketch` of words.py says it. */
function judgeCurve({ heights, near, said, praise, often }, guess) {
  const gaps = guess.map((height, place) => Math.abs(Math.log10(height / heights[place])));
  const mean = gaps.reduce((sum, gap) => sum + gap) / gaps.length;
  const worst = gaps.indexOf(Math.max(...gaps));
  const text = said.replace("{}", formatValue(10 ** mean));
  if (mean <= near) return { worst, text: `${text} ${praise}`, resolved: "" };
  const side = guess[worst] > heights[worst] ? "high" : "low";
  const gap = `The largest gap, a factor of ${formatValue(10 ** gaps[worst])}, is where yours is too ${side}.`;
  return { worst, text: `${text} ${gap}`, resolved: often[0] ?? "" };
}

/** The drawn curve, the largest gap, and its name: the last three traces of a picture. */
function withCurve(frame, { places, heights }, guess, worst) {
  const [curve, gap, name] = frame.figure.data.slice(-3);
  curve.y = guess;
  Object.assign(gap, { x: [places[worst], places[worst]], y: [guess[worst], heights[worst]] });
  Object.assign(name, { x: [places[worst]], y: [Math.sqrt(guess[worst] * heights[worst])] });
  name.textposition = worst > places.length / 2 ? "middle left" : "middle right";
  return frame;
}

class Lesson {
  constructor(article, narrow) {
    Object.assign(this, { article, narrow, stage: "ask", guess: null, sketched: null });
    this.find = (selector) => article.querySelector(selector);
    this.range = this.find(".control input");
    this.form = this.find(".predict");
    this.range.addEventListener("input", () => this.draw());
    this.form.addEventListener("input", () => this.heard());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.tell("told");
    });
    this.form.addEventListener("click", (event) => this.order(event.target.closest("[data-thing]")));
    this.find(".skip").addEventListener("click", () => this.tell("skipped"));
    this.find(".again").addEventListener("click", () => this.ask());
    this.kind = this.form.querySelector('input[type="range"]') ? "number" : this.form.querySelector("[data-thing]") ? "order"
      : this.form.querySelector('input[type="radio"]') ? "choice" : "sketch";
    this.ordered = [];
    this.find(".commit").hidden = this.kind === "sketch";
  }

  async show() {
    this.pictures ??= await unpack(this.find(".pictures").textContent);
    this.heard();
    this.layOut();
  }

  /** What is said so far. */
  heard() {
    for (const input of [this.range, ...this.form.querySelectorAll('input[type="range"]')]) {
      const name = input.dataset.names.split("|")[input.value];
      input.closest("label").querySelector("output").textContent = name;
      input.setAttribute("aria-valuetext", name);
    }
    const chosen = this.form.querySelector("input:checked, input[type=range]")?.value ?? null;
    this.guess = this.kind === "order" ? this.ordered.join("_") : chosen;
    const isWhole = this.guess !== null && (this.pictures?.verdicts[this.guess] ?? null) !== null;
    this.find(".commit").disabled = !isWhole;
    if (this.pictures) this.draw();
  }

  order(button) {
    if (!button) return;
    const { thing } = button.dataset;
    this.ordered = this.ordered.includes(thing) ? this.ordered.filter((other) => other !== thing) : [...this.ordered, thing];
    for (const each of this.form.querySelectorAll("[data-thing]")) {
      const rank = this.ordered.indexOf(each.dataset.thing);
      each.setAttribute("aria-pressed", rank >= 0);
      each.firstElementChild.textContent = rank < 0 ? "" : `${rank + 1}. `;
    }
    this.heard();
  }

  tell(stage) {
    const { verdicts, sketch, answer, first } = this.pictures;
    this.stage = stage;
    this.range.value = first;
    const verdict = stage !== "told" ? { text: answer, resolved: "" }
      : this.kind === "sketch" ? judgeCurve(sketch, this.sketched) : verdicts[this.guess];
    this.worst = verdict.worst;
    this.find(".verdict").textContent = verdict.text;
    this.find(".resolved").textContent = verdict.resolved;
    this.layOut();
    this.heard();
    this.find(".told").scrollIntoView({ block: "nearest" });
  }

  ask() {
    Object.assign(this, { stage: "ask", sketched: null });
    this.range.value = this.pictures.first;
    this.layOut();
    this.heard();
  }

  layOut() {
    const asks = this.stage === "ask";
    this.form.hidden = !asks;
    this.find(".told").hidden = asks;
    this.find(".home").hidden = asks;
    const goal = this.find(".goal");
    if (goal) goal.hidden = asks;
    this.find(".control").hidden = asks && this.article.dataset.handsOn !== "true";
  }

  /** The picture for what is set. */
  frame(mode) {
    const { told, asked, first, guessed, marked, sketch } = this.pictures;
    const stop = Number(this.range.value);
    const asks = this.stage === "ask";
    const { light, dark } = asks ? asked[asked.length > 1 ? stop : 0] : told[stop];
    const steps = mode === "dark" ? [...dark] : [];
    const isOwn = stop === first;
    if (asks) steps.push(...(guessed[this.guess]?.[mode] ?? []));
    else if (this.stage === "told" && isOwn && this.kind === "sketch") {
      return withCurve(applied(light, [...steps, ...sketch.marked[mode]]), sketch, this.sketched, this.worst);
    } else if (this.stage === "told" && isOwn) steps.push(...marked[this.guess][mode]);
    return applied(light, steps);
  }

  draw() {
    const mode = MODES.matches ? "dark" : "light";
    const drawn = { ...this.frame(mode), link: JSON.stringify([this.article.id, this.stage, this.range.value, this.guess, mode]) };
    const [cursor = null, other = null] = this.pictures.cursor;
    const setup = {
      ...ROOM, cursor, other, frame: drawn, filename: `hypergradient-${this.article.id}`, narrow: this.narrow,
      group: "", commit: false, pending: "", live: null, plotly: "plotly.js",
    };
    this.close = mountChart({
      parentElement: this.find(".mount"), data: new TextEncoder().encode(JSON.stringify(setup)),
      setStateValue: () => {},
      setTriggerValue: (name, value) => {
        if (name !== "sketch") return;
        this.sketched = value;
        this.tell("told");
      },
    });
    const score = this.find(".score");
    if (score) score.textContent = `Score: ${this.pictures.goals[this.range.value]}`;
  }
}

/** Show the lesson that the address names, or the first one. */
export function begin({ narrow }) {
  const articles = [...document.querySelectorAll("article.lesson")];
  if (!articles.length) return;
  const lessons = new Map();
  let open = null;
  const show = () => {
    const article = articles.find(({ id }) => `#${id}` === location.hash) ?? articles[0];
    if (open?.article === article) return;
    open?.close?.();
    for (const each of articles) each.hidden = each !== article;
    for (const link of document.querySelectorAll(".map a")) {
      if (link.hash === `#${article.id}`) link.setAttribute("aria-current", "page");
      else if (link.hash) link.removeAttribute("aria-current");
    }
    if (!lessons.has(article)) lessons.set(article, new Lesson(article, narrow));
    open = lessons.get(article);
    document.querySelector(".map details")?.removeAttribute("open");
    scrollTo(0, 0);
    open.show();
  };
  addEventListener("hashchange", show);
  MODES.addEventListener("change", () => open.draw());
  addEventListener("keydown", ({ key, shiftKey, target, defaultPrevented }) => {
    if (defaultPrevented || target.closest("input, textarea, [contenteditable]")) return;
    const name = key === "PageUp" || (shiftKey && key === "ArrowLeft") ? "prev" : key === "PageDown" || (shiftKey && key === "ArrowRight") ? "next" : "";
    if (name) open.find(`.steps [rel=${name}]`)?.click();
  });
  show();
}
