// plotly.js, which all charts of a page share.

/** Load it once. */
export function loadPlotly(url) {
  globalThis.hgPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => (globalThis.Plotly ? resolve(globalThis.Plotly) : reject(new Error("no Plotly")));
    script.onerror = reject;
    document.head.append(script);
  });
  return globalThis.hgPlotly;
}
