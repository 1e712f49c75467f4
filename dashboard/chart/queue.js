// The queue of frames that are to be drawn: the newest counts.

export class FrameQueue {
  /** `draw` gets a frame and what it was drawn for: the parameters of a page with a live route. */
  constructor(draw) {
    this.draw = draw;
    this.next = null;
  }

  /**
   * Draw with the next screen frame, after the events that belong to it: the browser lays the page
   * out once for both.
   */
  put(frame, text) {
    this.next = { frame, text };
    if (document.hidden) this.drawNext(); // it has no screen frames
    else this.asked ??= requestAnimationFrame(() => this.drawNext());
  }

  drawNext() {
    this.close();
    const { next } = this;
    this.next = null;
    if (next) this.draw(next.frame, next.text);
  }

  close() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
  }
}
