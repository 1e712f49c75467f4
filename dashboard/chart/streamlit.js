// What the chart reads of Streamlit's own page: everything that leans on its markup is in this file
// and in thumbs.js.

/** Absolute address of a path of this app, also below a base path. */
export function appUrl(path) {
  const script = document.querySelector('script[src*="static/js/"]');
  const base = script ? new URL("../../", script.src) : new URL("./", document.baseURI);
  return new URL(path.replace(/^\//, ""), base);
}

const scriptState = () => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState;

/** Whether the page is being run. */
export const scriptIsRunning = () => scriptState() === "running";

/** Call `onTurn` whenever a run of the page begins or ends; what is returned can be disconnected. */
export function watchScript(onTurn) {
  const observer = new MutationObserver(onTurn);
  observer.observe(document.body, { subtree: true, attributeFilter: ["data-test-script-state"] });
  return observer;
}
