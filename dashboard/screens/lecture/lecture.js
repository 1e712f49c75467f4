// Progress through the lecture is kept in this browser. Which lessons have been done is shown by a
// style of our own: what Streamlit draws anew keeps it. Runs again whenever the lesson changes.
{
  const KEY = "hypergradients: lessons done";
  const { lesson, done, every } = document.querySelector(".lecture-now").dataset;
  const all = every.split(" ");

  const read = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? all.filter((key) => kept.includes(key)) : [];
    } catch {
      return []; // what is kept is not ours, or nothing may be kept
    }
  };
  const keep = (keys) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(keys));
    } catch {
      // Then the marks last as long as the page.
    }
  };
  const show = (keys) => {
    const id = "lecture-done";
    const style = document.getElementById(id) ?? document.head.appendChild(Object.assign(document.createElement("style"), { id }));
    const marked = keys.map((key) => `.st-key-lesson_${key} button::after`).join(", ");
    style.textContent = `${marked || ".lecture-none"} { content: "✓" / "done"; }
      .lecture-count::before { content: "${keys.length} of ${all.length} lessons done"; }`;
  };

  const keys = read();
  if (done && !keys.includes(done)) keep([...keys, done]);
  show(done && !keys.includes(done) ? [...keys, done] : keys);

  document.lectureForget ??= document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".lecture-forget")) return;
    document.lectureForgets();
  }) ?? true;
  document.lectureForgets = () => {
    keep([]);
    show([]);
  };

  // Another lesson begins at its top.
  if (document.lectureAt && document.lectureAt !== lesson) document.querySelector(".stMain")?.scrollTo(0, 0);
  document.lectureAt = lesson;

  // The speaker's window follows.
  document.dispatchEvent(new Event("hg-lesson"));
}
