// The queue of frames that are to be drawn: the newest counts.

const ALONE_AFTER = 100; // ms without a picture until the next one need not wait for a screen frame

export class FrameQueue {
  /** `draw` gets a frame and what it was drawn for: the parameters of a page with a live route. */
  constructor(draw) {
    this.draw = draw;
    this.next = null;
    this.drawnAt = -Infinity;
  }

  /**
   * Draw at once what stands alone, as after the press of a key. While picture follows picture, draw
   * with the next screen frame, after the events that belong to it: the browser lays the page out
   * once for both.
   */
  put(frame, text) {
    this.next = { frame, text };
    const isAlone = !this.asked && performance.now() - this.drawnAt > ALONE_AFTER;
    if (isAlone || document.hidden) this.drawNext(); // a hidden page has no screen frames
    else this.asked ??= requestAnimationFrame(() => this.drawNext());
  }

  drawNext() {
    this.close();
    const { next } = this;
    this.next = null;
    if (next) this.draw(next.frame, next.text);
    this.drawnAt = performance.now();
  }

  close() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
  }
}
