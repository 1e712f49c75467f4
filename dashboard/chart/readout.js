// The readout: cards under the plot with the numbers at the cursor.

import { element, write } from "./dom.js";
import { glyph } from "./glyphs.js";
import { formatRatio, formatValue } from "./pure/formats.js";

export class Readout {
  /** `onFocus` is told what the focus becomes when a card is pressed. */
  constructor(onFocus) {
    this.onFocus = onFocus;
    this.root = element("div", "hg-readout");
    this.cells = [];
  }

  /** Make the cards of a frame. */
  build(readout) {
    this.cells = [];
    this.root.replaceChildren(...readout.map((reading, n) => this.card(reading, n)));
    this.root.hidden = !readout.length;
  }

  card({ name, label = "error", color, trace, bounds, marker = "circle", focus, bounding }, n) {
    // What is measured is told as it is; a bound, or a part of one, may read "rounding".
    const rows = [this.row(label, { trace, name, label, rounds: bounding ? n : undefined })];
    for (const bound of bounds) {
      const more = bound.plain ? {} : { of: trace, rounds: n };
      rows.push(this.row(bound.name, { trace: bound.trace, ...more }));
    }
    const title = element("span", "hg-name", {}, glyph(marker, color), name);
    if (focus === undefined) return element("div", "hg-card", {}, title, ...rows);
    // An empty focus is that of the method which is in focus now: pressing it again ends that.
    const card = element("button", "hg-card", { type: "button", "aria-pressed": focus === "" }, title, ...rows);
    card.addEventListener("click", () => this.onFocus(focus));
    return card;
  }

  /** A row of a card; `reads` says of which trace, divided by which, and whose rounding counts. */
  row(label, reads) {
    const [value, ratio] = [element("span", "hg-value"), element("span", "hg-ratio")];
    this.cells.push({ ...reads, value, ratio });
    return element("span", "hg-row", {}, element("span", "hg-label", {}, label), value, ratio);
  }

  /** Write what the traces are at a place; `rounding` is that of each card. */
  show(data, place, rounding) {
    for (const { trace, of, rounds, value, ratio } of this.cells) {
      const number = Number(data[trace].y[place] ?? NaN);
      const least = rounding[rounds];
      write(value, number <= least ? "rounding" : formatValue(number, 2));
      if (of === undefined) continue;
      const error = data[of].y[place];
      write(ratio, number <= least || error <= least ? "" : formatRatio(number / error));
    }
  }

  /** The errors, in words. */
  said() {
    const errors = this.cells.filter(({ name }) => name);
    return errors.map(({ name, label, value }) => `${name}: ${label} ${value.textContent}`);
  }
}
