// Streamlit keeps the theme that was chosen in its menu for the path at which the app was opened,
// and would forget it on every other page. When the window is left, it is kept for all of them.
if (!document.hgKeepsTheme) {
  document.hgKeepsTheme = true;
  // The first page is at the path of the app itself.
  const PATHS = ["", ...document.querySelector(".page-name").dataset.pages.split(" ")];
  const opened = new URL(performance.getEntriesByType("navigation")[0].name).pathname;
  const folder = opened.replace(/[^/]*$/, "");
  const start = "stActiveTheme-";

  const share = () => {
    const version = Object.keys(localStorage).find((key) => key.startsWith(`${start}${opened}-v`));
    if (!version) return;
    const rest = version.slice(start.length + opened.length);
    const theme = localStorage.getItem(version);
    for (const path of PATHS) localStorage.setItem(`${start}${folder}${path}${rest}`, theme);
  };
  for (const event of ["pagehide", "blur"]) window.addEventListener(event, share);
}
