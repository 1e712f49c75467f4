// A curve that is drawn by hand: its heights at given places, as shares of the height of the plot,
// null where nothing has been drawn yet.

const inside = (share) => Math.max(0, Math.min(1, share));

/** Which place x is at, as a fraction of an index into the places, which rise. */
export function fractionOf(x, at) {
  const last = at.length - 1;
  if (x <= at[0]) return 0;
  if (x >= at[last]) return last;
  const right = at.findIndex((place) => place >= x);
  return right - 1 + (x - at[right - 1]) / (at[right] - at[right - 1]);
}

/** The heights after a stroke between two points, each `{ fraction, share }`. */
export function afterStroke(heights, from, to) {
  const [left, right] = from.fraction <= to.fraction ? [from, to] : [to, from];
  const width = right.fraction - left.fraction;
  return heights.map((height, place) => {
    if (place < Math.round(left.fraction) || place > Math.round(right.fraction)) return height;
    const along = width ? inside((place - left.fraction) / width) : 1;
    const [start, end] = width ? [left.share, right.share] : [to.share, to.share];
    return inside(start + along * (end - start));
  });
}

/** All heights: between those that were drawn on a straight line, outside as the nearest; or null. */
export function completed(heights) {
  const known = [...heights.keys()].filter((place) => heights[place] !== null);
  if (!known.length) return null;
  return heights.map((height, place) => {
    if (height !== null) return height;
    const left = known.findLast((other) => other < place) ?? known[0];
    const right = known.find((other) => other > place) ?? known.at(-1);
    if (left >= right) return heights[right];
    if (left > place) return heights[left];
    return heights[left] + ((place - left) / (right - left)) * (heights[right] - heights[left]);
  });
}

/**
 * The heights with that of a place moved. A place without one begins where its neighbour is, and the
 * very first one at `first`.
 */
export function afterKey(heights, place, by, first) {
  const start = completed(heights)?.[place] ?? first;
  return heights.map((height, other) => (other === place ? inside(start + by) : height));
}

/** Value -> share of the height of an axis, given the range that Plotly has. */
export function shareOf(value, { range: [low, high], type }) {
  return inside(((type === "log" ? Math.log10(value) : value) - low) / (high - low));
}

/** Share of the height of an axis -> value, given the range that Plotly has. */
export function valueAt(share, { range: [low, high], type }) {
  const value = low + share * (high - low);
  return type === "log" ? 10 ** value : value;
}
