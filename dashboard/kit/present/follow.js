// The windows of one lecture follow each other: that which is projected, and the speaker's.

import { press, REVEAL } from "./keys.js";

const CHANNEL = "hypergradients: lecture"; // also in speaker.js

export class Following {
  constructor() {
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => this.hear(data));
    // What the lesson says of itself, see lecture.js.
    document.addEventListener("hg-lesson", () => this.tell());
  }

  get lesson() {
    return document.querySelector(".lecture-now")?.dataset ?? null;
  }

  tell() {
    const { lesson } = this;
    if (lesson) this.channel.postMessage({ at: lesson.lesson, told: lesson.stage !== "ask" });
  }

  hear({ go, reveal, who }) {
    if (!this.lesson) return;
    if (who) this.tell();
    if (go && go !== this.lesson.lesson) this.open(go);
    if (reveal && this.lesson.stage === "ask") press(REVEAL);
  }

  /** Open a lesson as Forward would; its address is all that it takes. */
  open(lesson) {
    history.pushState(null, "", new URL(`?lesson=${lesson}`, location.href));
    dispatchEvent(new PopStateEvent("popstate"));
  }
}
