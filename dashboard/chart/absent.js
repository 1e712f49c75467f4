// Methods that do not apply: a note in the picture, where their curves would be. It stands in a
// corner in which nothing is drawn, or above the plot where there is none.

import { element } from "./dom.js";
import { glyph } from "./glyphs.js";
import { freeCorner } from "./pure/corners.js";

export class Absences {
  /** `above` is what stands above the plot. */
  constructor(above) {
    this.above = above;
    this.root = element("div", "hg-absent");
    above.append(this.root);
  }

  show(absent = []) {
    this.root.hidden = !absent.length;
    const shape = JSON.stringify(absent);
    if (shape === this.shape) return;
    this.shape = shape;
    this.corner = undefined; // to be looked for
    this.root.replaceChildren(...absent.map(({ name, color, marker, reason }) =>
      element("p", "", {}, glyph(marker, color), element("b", "", {}, name), ` does not apply here: ${reason}`)));
  }

  /** Look for a corner, unless the one where it stands is still free. */
  place(stage, plot, data, narrow) {
    if (this.root.hidden || (this.corner === "above" && !narrow && this.root.parentNode === this.above)) return;
    if (narrow) {
      this.corner = "above";
      if (this.root.parentNode !== this.above) this.above.append(this.root);
      return;
    }
    if (this.root.parentNode !== stage) stage.append(this.root);
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const corner = freeCorner(plot._fullLayout, data, { width, height }, this.corner);
    this.corner = corner?.name ?? "above";
    if (!corner) return this.above.append(this.root);
    Object.assign(this.root.style, { left: `${corner.left}px`, top: `${corner.top}px` });
  }
}
