// What helps in front of a room, on every page: modes of the window, keys, links to share.

import { button, element } from "../../chart/dom.js";
import { KeysBox, ShareBox } from "./boxes.js";
import { Following } from "./follow.js";
import { listen } from "./keys.js";
import { Modes } from "./modes.js";

const SPEAKER = "speaker"; // beside the pages, see speaker.py
const AWAKE = 2500; // ms for which the buttons stay in sight where all else is hidden

class Presenting {
  constructor() {
    this.modes = new Modes();
    this.following = new Following();
    const acts = {
      keys: () => this.keysBox.toggle(),
      projector: () => this.project(),
      fullScreen: () => this.fillScreen(),
      share: () => this.share(),
      speaker: () => this.openSpeaker(),
    };
    this.projector = button("Projector mode", "Projector mode", acts.projector);
    this.keysBox = new KeysBox([
      this.projector,
      button("Full screen", "Full screen", acts.fullScreen),
      button("Share a link", "Share a link", () => {
        this.keysBox.root.close();
        this.share();
      }),
      button("Speaker view", "Speaker view", acts.speaker),
    ]);
    this.shareBox = new ShareBox();
    this.bar = element("div", "present-bar", { role: "group", "aria-label": "Present" },
      button("Present: keys and switches", "Present", acts.keys), button("Share a link", "Share", acts.share));
    listen(acts, () => this.keysBox.isOff);
    document.addEventListener("pointermove", () => this.wake());
    document.addEventListener("pointerup", () => this.release());
    this.settle();
  }

  /** Put everything where it belongs; Streamlit may have built its page anew. */
  settle() {
    const app = document.querySelector(".stApp");
    const header = document.querySelector('[data-testid="stToolbarActions"]');
    const isBare = this.modes.has("projector");
    const place = isBare || !header ? app : header;
    if (this.bar.parentNode !== place) place.append(this.bar);
    for (const { root } of [this.keysBox, this.shareBox]) if (root.parentNode !== app) app.append(root);
    this.projector.setAttribute("aria-pressed", isBare);
  }

  project() {
    this.modes.toggleProjector();
    this.settle();
  }

  fillScreen() {
    const done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    done.catch(() => {}); // a page that embeds this one may not allow it
  }

  share() {
    const told = document.querySelector(".present-now")?.dataset.controls ?? "[]";
    this.shareBox.open(JSON.parse(told));
  }

  openSpeaker() {
    const lesson = this.following.lesson?.lesson;
    const link = new URL(lesson ? `${SPEAKER}?lesson=${lesson}` : SPEAKER, location.href);
    window.open(link, "hypergradients-speaker", "width=900,height=700");
  }

  /** In front of a room the keys of a remote step lessons, not the slider that was dragged last. */
  release() {
    const { activeElement } = document;
    if (this.modes.has("projector") && activeElement?.matches('input[type="range"]')) activeElement.blur();
  }

  wake() {
    document.documentElement.classList.add("hg-awake");
    clearTimeout(this.sleeping);
    this.sleeping = setTimeout(() => document.documentElement.classList.remove("hg-awake"), AWAKE);
  }
}

document.hgPresenting = new Presenting();
