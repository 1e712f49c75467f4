// The way back from dashboard/screens/lecture/taken/patches.py: what two pictures share is written once.

/** A copy of `value` with these steps taken; each is a path and what stands there, if anything. */
export function applied(value, steps) {
  const copy = structuredClone(value);
  for (const [path, ...rest] of steps) {
    const owner = path.slice(0, -1).reduce((part, name) => part[name], copy);
    const name = path.at(-1);
    if (rest.length) owner[name] = structuredClone(rest[0]);
    else delete owner[name];
  }
  return copy;
}
