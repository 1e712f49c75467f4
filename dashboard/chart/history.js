// One entry in the browser's history for each finished gesture, so that Back undoes what a hand did.
//
// Streamlit adds an entry whenever the address changes: for each of the values that an arrow key
// runs through, and twice where a page that is opened writes into its address. Within one gesture
// the entry that is there is written anew.

const GESTURE_PAUSE = 1000; // ms; keys on one control that come faster than that are one gesture

export function joinEntries() {
  const { pushState, replaceState } = history;
  let gesture = 0; // numbers what the hand does; nothing has been done yet
  let written = 0; // the gesture that the present entry comes from
  let last = { target: null, time: -Infinity };
  addEventListener("pointerdown", () => {
    gesture += 1;
    last = { target: null, time: -Infinity };
  }, true);
  addEventListener("keydown", ({ target, timeStamp: time }) => {
    if (target !== last.target || time - last.time > GESTURE_PAUSE) gesture += 1;
    last = { target, time };
  }, true);
  history.pushState = (state, title, url) => {
    const write = gesture === written ? replaceState : pushState;
    written = gesture;
    write.call(history, state, title, url);
  };
}
