// What a hand has zoomed stays as it is.

/** The ranges that were chosen by hand. They hold until the figure shows something else. */
export class Zoom {
  constructor() {
    this.ranges = {};
  }

  /** Plotly says what was changed by hand: the ends of some axes. Ours come as whole ranges. */
  take(changes, layout) {
    const ends = Object.keys(changes).map((key) => /^([xy]axis\d*)\.range\[/.exec(key)?.[1]);
    for (const name of ends.filter(Boolean)) this.ranges[name] = [...layout[name].range];
    return ends.some(Boolean);
  }

  has(name) {
    return name in this.ranges;
  }

  forget() {
    this.ranges = {};
  }

  /** Put the ranges into a layout that is about to be drawn; the ticks are then Plotly's choice. */
  applyTo(layout) {
    if (layout.uirevision !== this.revision) this.forget();
    this.revision = layout.uirevision;
    layout.uirevision = false; // Plotly's own memory ends where the figure changes a range
    for (const [name, range] of Object.entries(this.ranges)) {
      if (!layout[name]) continue;
      layout[name] = { ...layout[name], range: [...range], autorange: false };
      delete layout[name].dtick;
    }
    return layout;
  }
}
