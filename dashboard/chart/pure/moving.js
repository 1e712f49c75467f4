// Traces that show something else at each place of the cursor, see `Moving` in
// dashboard/chart/__init__.py.

/** Put into the traces of `data` what they show where the cursor is. */
export function showMoving(moving, data, places) {
  for (const move of moving) {
    const { trace, by, walk, whole, ...values } = move;
    const shown = data[trace];
    if (walk) {
      // The points that are still to come lie where the cursor is.
      move.whole ??= { x: shown.x, y: shown.y };
      for (const name of ["x", "y"]) {
        const at = move.whole[name][places[by]];
        shown[name] = move.whole[name].map((value, i) => (i > places[by] ? at : value));
      }
    }
    for (const [name, steps] of Object.entries(values)) shown[name] = rowOf(moving, steps, places[by]);
  }
}

/** What a trace shows at a place: a row, or a column of the rows of another trace. */
function rowOf(moving, steps, place) {
  if (steps.across === undefined) return steps[Math.min(place, steps.length - 1)];
  return Float32Array.from(moving[steps.across].y, (row) => row[place]);
}
