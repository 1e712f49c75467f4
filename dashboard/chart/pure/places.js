// The places of the cursor, and the steps that they are.
//
// A place on a curve is a *step*. Steps rise with the places; a frame may have a place for every
// step or for some of them.

export const DIRECTIONS = ["step", "other"]; // `by` 0 and 1 of a frame

/** Steps and names of the places of a frame, in each of its directions. */
export function placesOf({ at, steps, other }) {
  const places = (names = [], own = names.map((_, i) => i)) => ({ names, at: own });
  return { step: places(steps, at), other: places(other?.steps, other?.at) };
}

/** The place itself, or the first or last one if there is none so far. */
export const clamp = (place, at) => Math.max(0, Math.min(at.length - 1, place));

/** The place whose step is nearest; `at` rises. */
export function nearest(at, step) {
  let [low, high] = [0, at.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low > 0 && step - at[low - 1] <= at[low] - step ? low - 1 : Math.max(0, low);
}
