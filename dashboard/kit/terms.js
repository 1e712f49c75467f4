// Definitions stay inside the window, and Escape closes them. Once for the whole page: the
// listeners are on the document, so that they serve every sentence.
if (!document.glTerms) {
  document.glTerms = true;
  const MARGIN = 12;

  const place = (term) => {
    const tip = term.querySelector(".gl-tip");
    tip.style.setProperty("--gl-shift", "0px");
    const box = tip.getBoundingClientRect();
    const room = (term.closest("section") ?? document.documentElement).getBoundingClientRect();
    const right = Math.min(room.right, document.documentElement.clientWidth) - MARGIN;
    const left = Math.max(room.left, 0) + MARGIN;
    const shift = Math.max(left - box.left, Math.min(0, right - box.right));
    tip.style.setProperty("--gl-shift", `${shift}px`);
  };
  const show = (event) => {
    const term = event.target.closest?.(".gl-term");
    if (term) place(term);
  };
  const forget = (event) => {
    const term = event.target.closest?.(".gl-term");
    if (term && !term.contains(event.relatedTarget)) term.classList.remove("gl-dismissed");
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("mouseout", forget);
  document.addEventListener("focusout", forget);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document
      .querySelectorAll(".gl-term:hover, .gl-term:focus-within")
      .forEach((term) => term.classList.add("gl-dismissed"));
  });
}
