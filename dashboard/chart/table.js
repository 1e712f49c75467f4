// The table of figures under the chart.

import { element } from "./dom.js";
import { glyph } from "./glyphs.js";

export class FigureTable {
  constructor() {
    this.table = element("table", "hg-table");
    this.tip = element("div", "hg-column-tip", { "aria-hidden": "true" });
    this.box = element("div", "hg-table-box", {}, this.table);
    this.box.addEventListener("scroll", () => this.showMore(), { passive: true });
    this.root = element("div", "hg-table-frame", {}, this.box, this.tip);
    this.tip.hidden = true;
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.hideTip());
    this.sizing = new ResizeObserver(() => this.letScroll());
    this.sizing.observe(this.box);
  }

  show({ caption, columns, rows }) {
    const heads = rows.map(({ color, marker, cells }) => [color, marker, cells[0]]);
    const shape = JSON.stringify([caption, columns, heads]);
    if (shape !== this.shape) this.build(caption, columns, rows);
    this.shape = shape;
    rows.forEach((row, r) => row.cells.forEach((text, c) => {
      const cell = this.cells[r][c];
      if (cell.data !== text) cell.data = text;
    }));
  }

  build(caption, columns, rows) {
    this.hideTip();
    this.cells = rows.map(() => columns.map(() => new Text()));
    const body = rows.map(({ color, marker }, r) => element("tr", "", {}, ...this.cells[r].map((text, c) =>
      c ? element("td", "", {}, text)
        : element("th", "", { scope: "row" }, glyph(marker ?? "circle", color), text))));
    // Widths follow from what stays: figures that change move no column.
    const words = columns.slice(1).flatMap(({ label }) => label.split(/[\s-]/));
    const longest = (texts) => Math.max(0, ...texts.map((text) => text.length));
    const sizes = { columns: columns.length, word: longest(words), name: longest(rows.map(({ cells }) => cells[0])) };
    for (const [name, size] of Object.entries(sizes)) this.table.style.setProperty(`--hg-${name}`, size);
    this.table.replaceChildren(
      element("caption", "", {}, element("span", "hg-caption", {}, caption)),
      element("thead", "", {}, element("tr", "", {}, ...columns.map((column) => this.head(column)))),
      element("tbody", "", {}, ...body),
    );
    this.root.hidden = !rows.length;
  }

  /** A heading; what it means is shown to whoever points at it, touches it, or comes by keyboard. */
  head({ label, help }) {
    if (!label) return element("td");
    if (!help) return element("th", "", { scope: "col" }, label);
    const term = element("button", "hg-column", { type: "button", "aria-description": help }, label);
    for (const event of ["mouseenter", "focus", "click"]) {
      term.addEventListener(event, () => this.showTip(term, help));
    }
    for (const event of ["mouseleave", "blur"]) term.addEventListener(event, () => this.hideTip());
    return element("th", "", { scope: "col" }, term);
  }

  showTip(term, help) {
    this.tip.textContent = help;
    this.tip.hidden = false;
    const [own, all] = [term.getBoundingClientRect(), this.root.getBoundingClientRect()];
    const middle = (own.left + own.right) / 2 - all.left - this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(0, Math.min(all.width - this.tip.offsetWidth, middle))}px`;
    this.tip.style.top = `${own.top - all.top - this.tip.offsetHeight - 4}px`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  /** Where it is too wide to be seen whole it scrolls, also by keyboard. */
  letScroll() {
    const scrolls = this.box.scrollWidth > this.box.clientWidth + 1;
    this.showMore();
    if (scrolls === this.box.hasAttribute("tabindex")) return;
    const attributes = { tabindex: 0, role: "region", "aria-label": this.table.caption.textContent };
    for (const [name, value] of Object.entries(attributes)) {
      if (scrolls) this.box.setAttribute(name, value);
      else this.box.removeAttribute(name);
    }
  }

  /** An edge behind which there is more of the table is shaded. */
  showMore() {
    const { scrollLeft, scrollWidth, clientWidth } = this.box;
    const more = [scrollLeft > 1 && "left", scrollWidth - clientWidth - scrollLeft > 1 && "right"];
    this.root.dataset.more = more.filter(Boolean).join(" ");
  }

  close() {
    this.sizing.disconnect();
  }
}
