/* Remembers which lessons a reader has read to their end, and marks them wherever they are listed; exercises that
   were solved in the page (`live/solved.js`) are marked and counted beside them.
   It stays in the browser; where that keeps nothing, every page still reads as it should. */

const KEY = "nn-read";
const SOLVED = "nn-solved";
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

/* The exercises that were solved, by page. */
function solved() {
  try {
    const all = JSON.parse(localStorage.getItem(SOLVED)) ?? {};
    return new Map(Object.entries(all).filter(([, names]) => Array.isArray(names)));
  } catch {
    return new Map();
  }
}

function unsolve() {
  try {
    localStorage.removeItem(SOLVED);
  } catch { /* A private window may refuse. */ }
}

const forget = document.querySelector(".nn-forget");
const count = (list) => list.querySelectorAll(".nn-read").length;

/* "3 read, 1 exercise solved", as far as there is something to say. */
function summed(list, done) {
  const read = count(list);
  const right = [...list.querySelectorAll("a")].reduce((sum, link) => sum + (done.get(pathname(link.href))?.length ?? 0), 0);
  const said = [];
  if (read) said.push(`${read} read`);
  if (right) said.push(`${right} ${right === 1 ? "exercise" : "exercises"} solved`);
  return said.length ? ` ${said.join(", ")}.` : "";
}

function show() {
  const pages = recall();
  const done = solved();
  for (const place of document.querySelectorAll(MARKED)) {
    place.classList.toggle("nn-read", pages.has(pathname(place.dataset.to ?? place.href)));
  }
  /* Where to go on: the first that is not read, once one is. */
  const stations = [...document.querySelectorAll(".nn-map a")];
  const next = stations.some((link) => link.matches(".nn-read")) && stations.find((link) => !link.matches(".nn-read"));
  for (const link of stations) link.classList.toggle("nn-next", link === next);
  for (const list of document.querySelectorAll(".nn-contents")) {
    list.previousElementSibling.querySelector(".nn-count").textContent = summed(list, done);
  }
  for (const part of document.querySelectorAll(".nn-part")) {
    part.querySelector(".nn-heard").textContent = count(part) ? `, ${count(part)} read` : "";
  }
  const here = done.get(pathname(location)) ?? [];
  for (const exercise of document.querySelectorAll("details.question:has([data-role=stub])")) {
    const { exercise: name } = exercise.querySelector("[data-role=stub]").dataset;
    exercise.classList.toggle("nn-solved", here.includes(name));
  }
  if (forget) forget.disabled = !pages.size && !done.size;
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

forget?.addEventListener("click", () => { keep([]); unsolve(); show(); });
/* When the page is left and come back to, and when another window has read on. */
addEventListener("pageshow", show);
addEventListener("storage", show);
document.addEventListener("nn-solved", show);
