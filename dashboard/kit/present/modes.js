// For what this window is: projected, embedded, or with some of the controls alone. A class of the
// document says so to all styles and charts; the address says so to whoever opens it again.

import { MODES, modesOf, withModes } from "./pure/address.js";

export class Modes {
  constructor() {
    this.asked = modesOf(location.search);
    // The page writes its settings into the address without knowing of all this.
    for (const name of ["pushState", "replaceState"]) {
      const write = history[name];
      history[name] = (state, title, url) =>
        write.call(history, state, title, url && withModes(new URL(url, location.href).href, this.asked));
    }
    // Where Back leads, another mode may have been on.
    addEventListener("popstate", () => this.write());
    this.show();
  }

  has(name) {
    return this.asked[name] !== undefined;
  }

  /** Switch a mode on or off; `value` is what it is in the address. */
  set(name, value) {
    this.asked = { ...this.asked, [name]: value };
    this.write();
    this.show();
    dispatchEvent(new Event("resize")); // charts look how large they are to be
  }

  toggleProjector() {
    this.set("projector", this.has("projector") ? undefined : "1");
  }

  write() {
    history.replaceState(history.state, "", location.href);
  }

  show() {
    const { classList } = document.documentElement;
    for (const name of MODES) classList.toggle(`hg-${name}`, this.has(name));
  }
}
