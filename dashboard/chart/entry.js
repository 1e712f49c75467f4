// What Streamlit is given as the script of the chart: it fetches the chart itself, once.

import { appUrl } from "./streamlit.js";

const TRIES = 4;
const PAUSE = 500;

// A browser does not ask again for a module that it did not get: each try has an address of its own.
async function fetched(address, tries) {
  try {
    return await import(tries === TRIES ? address : `${address}?try=${TRIES - tries}`);
  } catch (error) {
    if (tries === 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return fetched(address, tries - 1);
  }
}

const { default: mountChart } = await fetched(appUrl("CHART_PATH").href, TRIES);

export default function mount(props) {
  return mountChart(props);
}
