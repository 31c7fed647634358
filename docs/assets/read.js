/* Remembers which lessons a reader has read to their end, and marks them wherever they are listed.
   It stays in the browser; where that keeps nothing, every page still reads as it should. */

const KEY = "nn-read";
const MARKED = ".nn-contents a, .nn-part circle, .md-nav--primary a.md-nav__link:not([href^='#'])";
const pathname = (link) => new URL(link, location.href).pathname.replace(/index\.html$/, "");

function recall() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY)));
  } catch {
    return new Set();
  }
}

function keep(pages) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...pages]));
  } catch { /* A private window may refuse. */ }
}

const forget = document.querySelector(".nn-forget");
const count = (list) => list.querySelectorAll(".nn-read").length;

function show() {
  const pages = recall();
  for (const place of document.querySelectorAll(MARKED)) {
    place.classList.toggle("nn-read", pages.has(pathname(place.dataset.to ?? place.href)));
  }
  for (const list of document.querySelectorAll(".nn-contents")) {
    list.previousElementSibling.querySelector(".nn-count").textContent = count(list) ? ` ${count(list)} read.` : "";
  }
  for (const part of document.querySelectorAll(".nn-part")) {
    part.querySelector(".nn-heard").textContent = count(part) ? `, ${count(part)} read` : "";
  }
  if (forget) forget.disabled = !pages.size;
}

/* Only a lesson says which part it belongs to. */
if (document.querySelector(".nn-part")) {
  new IntersectionObserver(([end], observer) => {
    if (!end.isIntersecting) return;
    observer.disconnect();
    keep(recall().add(pathname(location.href)));
    show();
  }).observe(document.querySelector(".md-footer"));
}

forget?.addEventListener("click", () => { keep([]); show(); });
/* When the page is left and come back to, and when another window has read on. */
addEventListener("pageshow", show);
addEventListener("storage", show);
