// What Streamlit is given as the script of the chart: it fetches the chart itself, once.

import { appUrl } from "./streamlit.js";

const { default: mountChart } = await import(appUrl("CHART_PATH").href);

export default function mount(props) {
  return mountChart(props);
}
