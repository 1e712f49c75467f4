// Elements and icons: what the other parts of the chart build with.

const ICONS = {
  reset: "M4 3h2v14H4zM17 3v14L7 10z",
  back: "M13 3v14L3 10zM14 3h2v14h-2z",
  play: "M5 3l12 7-12 7z",
  pause: "M4 3h4v14H4zM12 3h4v14h-4z",
  forward: "M7 3v14l10-7zM4 3h2v14H4z",
};
const SVG_TAGS = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "tspan"]);

export function element(tag, className, attributes = {}, ...children) {
  const space = SVG_TAGS.has(tag) ? "2000/svg" : "1999/xhtml";
  const node = document.createElementNS(`http://www.w3.org/${space}`, tag);
  if (className) node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function iconOf(name) {
  const path = element("path", "", { d: ICONS[name] });
  return element("svg", "", { viewBox: "0 0 20 20", "aria-hidden": "true" }, path);
}

export function button(label, content, onClick) {
  const node = element("button", "", { type: "button", "aria-label": label, title: label }, content);
  node.addEventListener("click", onClick);
  return node;
}

/** Write only what is new: text that stays the same is not read out again. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
