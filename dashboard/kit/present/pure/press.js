// What a key that is pressed is called, and whether what has the focus wants it for itself.

/** "a", "?", "Space", "Shift+ArrowRight"; "" for what belongs to the browser or the system. */
export function nameOf({ key, shiftKey, ctrlKey, metaKey, altKey, isComposing }) {
  if (ctrlKey || metaKey || altKey || isComposing || !key) return "";
  if (key === " ") return "Space";
  if (key.length === 1) return key.toLowerCase();
  return shiftKey ? `Shift+${key}` : key;
}

const MOVES = /^(Shift\+)?(Arrow(Left|Right|Up|Down)|Page(Up|Down)|Home|End|Space)$/;

/**
 * Whether a key belongs to what has the focus: all do in a field for text and in a list, those that
 * move do in what can be moved, and the space bar presses a button.
 */
export function isTaken(pressed, kind) {
  if (kind === "text") return true;
  if (kind === "moved") return MOVES.test(pressed);
  return kind === "button" && pressed === "Space";
}
