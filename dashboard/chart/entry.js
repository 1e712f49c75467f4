// What Streamlit is given as the script of the chart, and sends with every chart of every run: it
// fetches the chart itself, once.

import { loaded } from "./loading.js";
import { appUrl } from "./streamlit.js";

const awaited = new WeakMap(); // what was asked last for an element, while the chart is on its way
const told = new WeakSet(); // the elements that say that it did not come

/** Streamlit calls this on mounting and whenever data or theme change; it returns the clean-up. */
export default function mount(props) {
  // Shown at once where it can be: Streamlit takes back what it has to wait for when more is asked.
  if (globalThis.hgMountChart) return globalThis.hgMountChart(props);
  const parent = props.parentElement;
  let [isWanted, close] = [true, () => {}];
  awaited.set(parent, props);
  loaded("hgMountChart", appUrl("CHART_PATH")).then(
    (mountChart) => {
      if (isWanted && awaited.get(parent) === props) close = mountChart(props);
    },
    () => {
      if (!told.has(parent)) parent.append("The chart did not come from the server. Load the page again.");
      told.add(parent);
    },
  );
  return () => {
    isWanted = false;
    close();
  };
}
