// The keys of every page. This table is what the list of keys shows and what is done.

import { isTaken, nameOf } from "./pure/press.js";

const TEXT = 'input:not([type="range"], [type="checkbox"], [type="radio"], [type="button"]), textarea, select, '
  + '[contenteditable="true"], [role="textbox"], [role="combobox"], [role="listbox"]';
const MOVED = 'input, [role="slider"], [role="radio"], [role="tab"], [role="menuitem"]';
const BUTTONS = "button, a[href], summary, [role=button]";

export const REVEAL = [".st-key-commit button", ".hg-commit", ".st-key-skip button"];

/**
 * `act` is the name of what the page does by itself, and `press` what is pressed on it; `name` is
 * what the speaker's window calls it.
 */
export const KEYS = [
  { keys: ["?"], text: "Show or hide these keys", act: "keys" },
  { keys: ["Space"], text: "Play and pause", press: ['.hg-transport button:is([aria-label="Play"], [aria-label="Pause"])'] },
  { keys: ["ArrowRight"], text: "Step forward", press: ['.hg-transport button[aria-label="Step forward"]'] },
  { keys: ["ArrowLeft"], text: "Step back", press: ['.hg-transport button[aria-label="Step back"]'] },
  { keys: ["PageDown", "Shift+ArrowRight", "n"], name: "next", text: "Next lesson", press: [".st-key-lesson-next button"] },
  { keys: ["PageUp", "Shift+ArrowLeft", "b"], name: "previous", text: "Previous lesson", press: [".st-key-lesson-previous button"] },
  { keys: ["a"], name: "reveal", text: "Reveal the answer", press: REVEAL },
  { keys: ["0"], text: "Reset all settings", press: [".st-key-reset button"] },
  { keys: ["p"], text: "Projector mode", act: "projector" },
  { keys: ["f"], text: "Full screen", act: "fullScreen" },
  { keys: ["s"], text: "Share a link", act: "share" },
  { keys: ["t"], text: "Speaker view, in a window of its own", act: "speaker" },
];

const SIGNS = { ArrowRight: "→", ArrowLeft: "←", PageDown: "Page Down", PageUp: "Page Up" };

/** A key as it is written on a keyboard. */
export const written = (key) =>
  key.split("+").map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(" + ");

/** Press the first that there is, rather one that is seen; whether there is one. */
export function press(selectors) {
  const found = selectors.flatMap((selector) => {
    const nodes = [...document.querySelectorAll(selector)].filter((node) => !node.disabled);
    return nodes.find((node) => node.checkVisibility()) ?? nodes.slice(0, 1);
  });
  found[0]?.click();
  return found.length > 0;
}

function kindOf(target) {
  if (target.closest?.(TEXT)) return "text";
  if (target.closest?.(MOVED)) return "moved";
  return target.closest?.(BUTTONS) ? "button" : "";
}

/** Do what a key is for. `acts` has a function for each `act`; `isOff()` switches all off but "?". */
export function listen(acts, isOff) {
  document.addEventListener("keydown", (event) => {
    const pressed = nameOf(event);
    const entry = KEYS.find(({ keys }) => keys.includes(pressed));
    if (!entry || event.defaultPrevented || isTaken(pressed, kindOf(event.target))) return;
    if (isOff() && entry.act !== "keys") return;
    if (document.querySelector("dialog[open]") && entry.act !== "keys") return;
    if (entry.act ? acts[entry.act]() !== false : press(entry.press)) event.preventDefault();
  });
}
