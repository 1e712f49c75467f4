// The page that is saved: pictures as in the chart, without a server.

import { glyph } from "./glyphs.js";
import { Names } from "./names.js";
import { isAxis } from "./pure/axes.js";
import { decode } from "./pure/decoding.js";
import { withDefaults } from "./pure/figure.js";
import { factorOf, levelTicks, scaled } from "./pure/scale.js";

/**
 * Draw `pictures` into the elements of class "plot", in their order, now and whenever the browser
 * turns from light to dark. Each holds a figure and its names for "light" and for "dark". `height`
 * is that of a plot, and below the width `narrow` a picture takes its narrow form.
 */
export function showPictures(pictures, config, { narrow, height }) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const draw = () => {
    const mode = dark.matches ? "dark" : "light";
    const factor = factorOf(innerWidth, innerHeight);
    document.documentElement.style.setProperty("--scale", factor);
    document.querySelectorAll(".plot").forEach((plot, place) => {
      const picture = structuredClone(pictures[place][mode]);
      const form = picture.narrow && plot.clientWidth < narrow ? picture.narrow : { layout: {}, height };
      plot.style.height = `${form.height * factor}px`;
      drawPicture(plot, { ...picture, layout: withDefaults(picture.layout, form.layout) }, config, factor);
    });
    for (const place of document.querySelectorAll("[data-mark]")) {
      place.replaceChildren(glyph(place.dataset.mark, place.dataset[mode], place.dataset.background));
    }
  };
  dark.addEventListener("change", draw);
  draw();
}

function drawPicture(plot, { data, layout, names }, config, factor) {
  const style = getComputedStyle(document.documentElement);
  const [text, back, line] = ["--text", "--back", "--line"].map((name) => style.getPropertyValue(name));
  const axis = { color: text, gridcolor: line, linecolor: line, zerolinecolor: line };
  const theme = {
    autosize: true,
    font: { color: text, size: 17 },
    paper_bgcolor: back,
    plot_bgcolor: back,
    hoverlabel: { bgcolor: back, bordercolor: line, font: { color: text } },
    ...Object.fromEntries(Object.keys(layout).filter(isAxis).map((name) => [name, axis])),
  };
  const traces = data.map((trace) => scaled(trace, factor));
  for (const { trace } of names) traces[trace].visible = false; // they are written apart
  const named = data.map((trace) => ({ ...trace, x: decode(trace.x), y: decode(trace.y) }));
  const paint = () => plot.names.paint({ figure: { data: named }, names }, factor, back);
  plot.removeAllListeners?.();
  globalThis.Plotly.react(plot, traces, levelTicks(scaled(withDefaults(theme, layout), factor)), config).then(() => {
    if (!plot.names) {
      plot.names = new Names(plot);
      plot.after(plot.names.layer);
    }
    for (const event of ["plotly_afterplot", "plotly_relayouting"]) plot.on(event, paint);
    paint();
  });
}
