// On paper: what is drawn for the screen is made smaller there, because it cannot be drawn anew.

const PAPER = { width: 640, height: 400 }; // pixels that a chart has
const LEFT_OUT = ".hg-controls, .hg-table-frame"; // as in chart.css

/** Keep the size of a chart, and by how much it is made smaller, for `chart.css`; what is returned can be disconnected. */
export function fitToPaper(root) {
  const sizing = new ResizeObserver(([{ contentRect: { width, height } }]) => {
    if (!width || matchMedia("print").matches) return;
    const out = [...root.querySelectorAll(LEFT_OUT)].reduce((sum, part) => sum + part.clientHeight, 0);
    root.style.setProperty("--hg-screen", `${width}px`);
    root.style.setProperty("--hg-paper", Math.min(PAPER.width / width, PAPER.height / (height - out)));
  });
  sizing.observe(root);
  return sizing;
}
