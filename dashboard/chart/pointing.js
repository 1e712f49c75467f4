// Pointing at the plot shows what is there, leaving returns, pressing keeps.

export class Pointing {
  constructor(stage, { stepsAt, onPeek, onKeep }) {
    const isPlot = (target) => target.closest?.(".nsewdrag");
    stage.addEventListener("pointermove", (event) => {
      if (event.buttons) return; // a zoom is being drawn
      this.at = [event.clientX, event.clientY];
      this.queued ??= requestAnimationFrame(() => {
        this.queued = null;
        if (this.at) onPeek(stepsAt(...this.at));
      });
    });
    stage.addEventListener("pointerleave", () => {
      this.at = null;
      onPeek(null);
    });
    stage.addEventListener("pointerdown", (event) => {
      this.down = isPlot(event.target) ? [event.clientX, event.clientY] : null;
    }, true);
    // On the window, because Plotly covers the plot while a button is down.
    this.onUp = (event) => {
      const [x, y] = this.down ?? [NaN, NaN];
      this.down = null;
      if (!(Math.hypot(event.clientX - x, event.clientY - y) < 4)) return;
      const steps = stepsAt(x, y);
      if (steps) onKeep(steps);
      stage.focus({ preventScroll: true }); // so that the arrow keys walk on from there
    };
    addEventListener("pointerup", this.onUp, true);
  }

  close() {
    cancelAnimationFrame(this.queued);
    removeEventListener("pointerup", this.onUp, true);
  }
}
