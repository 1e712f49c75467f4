// The part of an address that says for what the window is: the rest is the settings of the page.

/** Parameters that stay in the address whatever the page writes there, and what switches each on. */
export const MODES = ["projector", "embed", "only"];
export const NOTHING = "none"; // what "only" is where no control may be used

/** What an address asks for, by the names of `MODES`. */
export function modesOf(search) {
  const asked = new URLSearchParams(search);
  return Object.fromEntries(MODES.filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
}

/** An address with these modes, and without the others. */
export function withModes(address, modes) {
  const url = new URL(address);
  for (const name of MODES) {
    if (modes[name] === undefined) url.searchParams.delete(name);
    else if (url.searchParams.get(name) !== modes[name]) url.searchParams.set(name, modes[name]);
  }
  return url.href;
}

/**
 * The link to the page at an address for somebody else. `projector` and `embed` are true or false;
 * `only` lists the controls that may be used, and is null if that is all of them.
 */
export function linkTo(address, { projector, embed, only }) {
  return withModes(address, {
    projector: projector ? "1" : undefined,
    embed: embed ? "true" : undefined,
    only: only ? only.join(".") || NOTHING : undefined,
  });
}

/** Whether only the own machine finds that host. */
export const isLocal = (host) => /^(localhost|127\.0\.0\.1|\[?::1\]?)$/.test(host);
