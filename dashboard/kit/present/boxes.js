// The two boxes over the page: the keys with the switches, and the link to share.

import { button, element } from "../../chart/dom.js";
import { KEYS, written } from "./keys.js";
import { isLocal, linkTo } from "./pure/address.js";
import { qrOf } from "./pure/qr.js";

const QUIET = "hypergradients: no single keys";
const MARGIN = 4; // modules around a code that stay light
const LOCAL = "This address works on this computer only. Open the page under the address that the class sees.";

/** A box over the page. `Escape` and a press beside it close it. */
export function boxOf(title, ...parts) {
  const heading = element("h2", "", { tabindex: -1 }, title);
  const close = button("Close", "×", () => box.close());
  close.classList.add("present-close");
  const box = element("dialog", "present-box", { "aria-label": title },
    element("div", "present-head", {}, heading, close), ...parts);
  box.addEventListener("click", ({ target }) => target === box && box.close());
  return box;
}

function tick(text, onChange) {
  const input = element("input", "", { type: "checkbox" });
  input.addEventListener("change", () => onChange(input.checked));
  return { input, label: element("label", "present-tick", {}, input, ` ${text}`) };
}

/** The list of keys, and a switch for who types letters by voice or by accident. */
export class KeysBox {
  constructor(buttons) {
    const rows = KEYS.map(({ keys, text }) => element("div", "", {},
      element("dt", "", {}, ...keys.flatMap((key, n) => [...(n ? [" or "] : []), element("kbd", "", {}, written(key))])),
      element("dd", "", {}, text)));
    const { input, label } = tick("Keys are on", (isOn) => this.keep(!isOn));
    input.checked = !this.isOff;
    this.root = boxOf("Keys",
      element("div", "present-buttons", {}, ...buttons),
      element("dl", "present-keys", {}, ...rows),
      element("p", "", {}, "No key is heard while a text field has the focus."), label);
  }

  get isOff() {
    try {
      return localStorage.getItem(QUIET) !== null;
    } catch {
      return false; // nothing may be kept
    }
  }

  keep(isOff) {
    try {
      if (isOff) localStorage.setItem(QUIET, "1");
      else localStorage.removeItem(QUIET);
    } catch {
      // Then they stay on.
    }
  }

  toggle() {
    if (this.root.open) this.root.close();
    else this.root.showModal();
  }
}

/** The code of a link as one path; null where the link is too long for it. */
function drawingOf(link) {
  const rows = qrOf(link);
  if (!rows) return null;
  const size = rows.length + 2 * MARGIN;
  const path = rows.flatMap((row, r) => row.map((dark, c) => (dark ? `M${c + MARGIN},${r + MARGIN}h1v1h-1z` : "")));
  return element("svg", "present-code", {
    viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": "QR code of the link", "shape-rendering": "crispEdges",
  },
  element("rect", "", { width: size, height: size, fill: "#fff" }),
  element("path", "", { d: path.join(""), fill: "#000" }));
}

/** A link to what is shown, with the modes that are ticked. */
export class ShareBox {
  constructor() {
    this.wanted = { projector: false, embed: false, isLesson: false, only: new Set() };
    const mode = (text, name) => tick(text, (isOn) => this.want(name, isOn));
    this.lesson = mode("Only these controls:", "isLesson");
    this.choices = element("fieldset", "present-choices", {}, element("legend", "", {}, "Controls that may be used"));
    this.link = element("code", "present-link", { tabindex: 0, "aria-label": "Link" });
    this.said = element("p", "present-said", { role: "status" });
    this.code = element("div", "present-codes");
    this.frame = element("code", "present-link", { tabindex: 0, "aria-label": "HTML that embeds the page" });
    this.root = boxOf("Share what is shown",
      element("div", "present-share", {},
        element("div", "", {},
          mode("Projector mode", "projector").label,
          mode("Embedded in another page", "embed").label,
          this.lesson.label, this.choices,
          this.link, this.frame,
          button("Copy the link", "Copy the link", () => this.copy()), this.said),
        this.code));
  }

  open(controls) {
    this.controls = controls;
    const { only } = this.wanted;
    const known = new Set(controls.map(([name]) => name));
    for (const name of only) if (!known.has(name)) only.delete(name);
    const [legend] = this.choices.children;
    this.choices.replaceChildren(legend, ...controls.map(([name, text]) => {
      const { input, label } = tick(text, (isOn) => {
        if (isOn) only.add(name);
        else only.delete(name);
        this.show();
      });
      input.checked = only.has(name);
      input.value = name;
      return label;
    }));
    this.show();
    this.root.showModal();
  }

  want(name, isOn) {
    this.wanted[name] = isOn;
    this.show();
  }

  show() {
    const { isLesson, only, ...wanted } = this.wanted;
    // In the order of the page, so that equal choices are equal links.
    const named = this.controls.map(([name]) => name).filter((name) => only.has(name));
    this.address = linkTo(location.href, { ...wanted, only: isLesson ? named : null });
    this.choices.hidden = !isLesson;
    this.link.textContent = this.address;
    this.frame.hidden = !wanted.embed;
    const frame = element("iframe", "", { src: this.address, width: "100%", height: 700, allow: "fullscreen" });
    this.frame.textContent = frame.outerHTML;
    const drawing = drawingOf(this.address);
    this.code.replaceChildren(drawing ?? element("p", "", {}, "The link is too long for a QR code."));
    this.said.textContent = isLocal(location.hostname) ? LOCAL : "";
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.address);
      this.said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(this.link); // no clipboard without https
      this.said.textContent = "Selected: copy it with the keys of your system.";
    }
  }
}
