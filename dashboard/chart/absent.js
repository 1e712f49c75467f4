// Methods that do not apply: a note in the picture, where their curves would be. It stands in a
// corner in which nothing is drawn, or above the plot where there is none.

const INSET = 10; // pixels between the note and the edges of its corner

class Absences {
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
    const corners = this.corners(plot._fullLayout);
    const free = (box) => !isCovering(plot._fullLayout, data, box);
    const names = [this.corner, "top right", "bottom left", "top left", "bottom right"];
    this.corner = names.find((name) => corners[name] && free(corners[name])) ?? "above";
    if (this.corner === "above") return this.above.append(this.root);
    const { left, top } = corners[this.corner];
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px` });
  }

  corners({ xaxis, yaxis }) {
    const { offsetWidth: width, offsetHeight: height } = this.root;
    const left = xaxis._offset + INSET;
    const right = xaxis._offset + xaxis._length - width - INSET;
    const top = yaxis._offset + INSET;
    const bottom = yaxis._offset + yaxis._length - height - INSET;
    const box = (x, y) => ({ left: x, top: y, width, height });
    return {
      "top right": box(right, top), "bottom left": box(left, bottom),
      "top left": box(left, top), "bottom right": box(right, bottom),
    };
  }
}

/** Whether anything is drawn in a box of the stage. */
function isCovering(layout, data, box) {
  return data.some((trace) => {
    if (trace.visible === false) return false;
    if (trace.type !== "scatter") return true; // a map fills its subplot, where the corners are
    const [xaxis, yaxis] = [axisOf(layout, trace.xaxis ?? "x"), axisOf(layout, trace.yaxis ?? "y")];
    if (!xaxis?._length || !yaxis?._length) return false;
    const here = { ...box, left: box.left - xaxis._offset, top: box.top - yaxis._offset };
    const points = pixelsOf(trace, toPixel(xaxis), toPixel(yaxis));
    return points.some((point, n) => {
      const before = trace.mode.includes("lines") && n ? points[n - 1] : point;
      return isDrawable(point) && isDrawable(before) && clipSegment(before, point, here);
    });
  });
}
