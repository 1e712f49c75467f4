// The chart as a script that a browser fetches once. It leaves one function, for entry.js.

import { mountChart } from "./chart.js";

globalThis.hgMountChart = mountChart;
