// Scripts that a browser fetches once, and that all charts of a page share.

const TRIES = 4;
const PAUSE = 500; // ms before the next try

const fetched = (url) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  Object.assign(script, { src: url, onload: resolve, onerror: reject });
  document.head.append(script);
});

async function tried(name, url, tries) {
  try {
    await fetched(url);
  } catch (error) {
    if (tries <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return tried(name, url, tries - 1);
  }
  if (!globalThis[name]) throw new Error(`no ${name}`);
  return globalThis[name];
}

/** What the script at `url` leaves in the window as `name`, which need not be fetched if it is there. */
export function loaded(name, url) {
  if (globalThis[name]) return Promise.resolve(globalThis[name]);
  globalThis.hgLoading ??= {};
  globalThis.hgLoading[name] ??= tried(name, url, TRIES);
  return globalThis.hgLoading[name];
}
