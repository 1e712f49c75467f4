// What stands above the plot and belongs to no place in it: warning, headline, title and key.

import { element, write } from "./dom.js";
import { glyph } from "./glyphs.js";

export class Heading {
  constructor() {
    this.warning = element("div", "hg-warning", { role: "status" });
    this.message = element("div", "hg-message");
    this.title = element("div", "hg-title");
    this.key = element("ul", "hg-key", { "aria-label": "Key" });
    this.root = element("div", "hg-heading", {}, this.warning, this.message, this.title, this.key);
    // While a hand moves it may become higher, but not lower: the plot must not jump to and fro.
    this.sizing = new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      if (width !== this.width) this.settle();
      this.width = width;
      this.root.style.minHeight = `${height}px`;
    });
    this.sizing.observe(this.root);
  }

  /** Take the height that the text wants. */
  settle() {
    this.root.style.minHeight = "";
  }

  close() {
    this.sizing.disconnect();
  }

  show({ message, title = "", key = [], warning = "" }) {
    write(this.message, message);
    write(this.title, title);
    write(this.warning, warning);
    this.message.hidden = !message;
    this.title.hidden = !title;
    this.warning.hidden = !warning;
    this.key.hidden = !key.length;
    const shape = JSON.stringify(key);
    if (shape === this.shape) return;
    this.shape = shape;
    this.key.replaceChildren(...key.map(({ mark, color, background, text, hint }) =>
      element("li", "", {}, mark ? glyph(mark, color, background) : "", hint ? `${text}: ${hint}` : text)));
  }

  /** In place of the headline, where there is no picture. */
  say(text) {
    write(this.message, text);
  }
}
