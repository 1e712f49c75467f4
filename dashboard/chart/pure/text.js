// Text that is to be drawn: Plotly's markup in pieces, fonts, and lines that fit.

/** Plotly's markup as pieces of text with their style. */
export function piecesOf(markup) {
  const style = { b: 0, i: 0, sub: 0, sup: 0 };
  const pieces = [];
  for (const part of String(markup).trim().split(/(<\/?(?:b|i|sub|sup)>)/)) {
    const tag = /^<(\/?)(\w+)>$/.exec(part);
    if (tag) style[tag[2]] += tag[1] ? -1 : 1;
    else if (part) pieces.push({ text: part, ...style });
  }
  return pieces;
}

export const fontOf = ({ b, i, sub, sup }, size, family) =>
  `${i ? "italic " : ""}${b ? 700 : 400} ${(sub || sup ? 0.7 : 1) * size}px ${family}`;

/** Words in lines that are no longer than `room`, as `measure` says. */
export function linesOf(text, room, measure) {
  const lines = [""];
  let taken = 0;
  for (const word of text.split(" ")) {
    const next = lines.at(-1) ? ` ${word}` : word;
    const width = measure(next);
    if (lines.at(-1) && taken + width > room) {
      lines.push(word);
      taken = measure(word);
    } else {
      lines[lines.length - 1] += next;
      taken += width;
    }
  }
  return lines;
}
