// What serves all pages, once for the window.
if (!document.hgPages) {
  document.hgPages = true;
  // The first page is at the path of the app itself.
  const PATHS = ["", ...document.querySelector(".page-name").dataset.pages.split(" ")];
  const opened = new URL(performance.getEntriesByType("navigation")[0].name).pathname;
  const folder = opened.replace(/[^/]*$/, "");

  // Streamlit keeps the theme that was chosen in its menu for the path at which the app was opened,
  // and would forget it on every other page. When the window is left, it is kept for all of them.
  const start = "stActiveTheme-";
  const share = () => {
    const version = Object.keys(localStorage).find((key) => key.startsWith(`${start}${opened}-v`));
    if (!version) return;
    const rest = version.slice(start.length + opened.length);
    const theme = localStorage.getItem(version);
    for (const path of PATHS) localStorage.setItem(`${start}${folder}${path}${rest}`, theme);
  };
  for (const event of ["pagehide", "blur"]) window.addEventListener(event, share);

  // A link in a text to another place of the app is followed as Forward would be. Streamlit would
  // open another window, and load everything again.
  const own = ({ origin, pathname, hash }) =>
    origin === location.origin && !hash && pathname.startsWith(folder)
    && PATHS.includes(pathname.slice(folder.length));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('[data-testid="stMarkdownContainer"] a[href]');
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || !own(new URL(link.href))) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    dispatchEvent(new PopStateEvent("popstate"));
    const main = document.querySelector(".stMain");
    main.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  });

  // Streamlit names its place for dropped files, and says in the same breath that it is nothing.
  const unnamed = 'section[role="presentation"][data-testid="stFileUploaderDropzone"]';
  let mending;
  new MutationObserver(() => {
    mending ??= setTimeout(() => {
      mending = undefined;
      for (const zone of document.querySelectorAll(unnamed)) zone.setAttribute("role", "group");
    }, 200);
  }).observe(document.body, { childList: true, subtree: true });
}
