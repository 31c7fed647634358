/* Gives the keyboard and screen readers what Material's own script leaves out; without it every page still reads as it should.
   Material makes its boxes around tables in the browser, so they can only be mended there. */

/* What may scroll, and the name of the region that it is then; code is read as code. */
const SCROLLERS = {
  ".nn-formula": "Formula",
  ".md-typeset__scrollwrap": "Table",
  ".highlight > pre > code": "",
};

/* A box is a stop for the Tab key only while there is something in it to scroll to.
   All are measured before any is changed: a change between two measures has the browser lay out the page again. */
function settle(found) {
  const scrolls = found.map((box) => box.scrollWidth > box.clientWidth);
  found.forEach((box, index) => {
    if (scrolls[index]) {
      box.tabIndex = 0;
      if (!box.dataset.name) return;
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", box.dataset.name);
    } else {
      box.removeAttribute("tabindex");
      if (!box.dataset.name) return;
      box.removeAttribute("role");
      box.removeAttribute("aria-label");
    }
  });
}

const boxes = Object.keys(SCROLLERS).join();
const sizes = new ResizeObserver((entries) => settle([...new Set(entries.map(({ target }) => target.closest(boxes)))]));

/* No browser breaks a formula into lines; one in running text that is wider than its column gets a box that scrolls. */
function isTooWide(math) {
  const column = math.closest("p, li, dd");
  if (!column || math.closest(boxes) || math.closest("details:not([open])")) return false;
  return math.getBoundingClientRect().width > column.clientWidth;
}

function enclose(math) {
  const box = document.createElement("span");
  box.className = "nn-formula nn-formula--inline";
  math.replaceWith(box);
  box.append(math);
}

function mend() {
  [...document.querySelectorAll("article math:not([display=block])")].filter(isTooWide).forEach(enclose);
  for (const [selector, name] of Object.entries(SCROLLERS)) {
    document.querySelectorAll(selector).forEach((box, index) => {
      if ("name" in box.dataset) return;
      box.dataset.name = name && `${name} ${index + 1}`;
      sizes.observe(box);
      if (name && box.firstElementChild) sizes.observe(box.firstElementChild);
    });
  }
}

/* Once for all that has changed, and after the page is painted: what is measured has then been laid out anyway. */
let due = false;
function mendSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => setTimeout(() => { due = false; mend(); }));
}

mendSoon();
new MutationObserver(mendSoon).observe(document.querySelector(".md-content"), { childList: true, subtree: true });
/* What is folded has no width until it is opened. */
document.addEventListener("toggle", mendSoon, true);
addEventListener("resize", mendSoon);

/* The switches of the drawer and of the search are labels of hidden boxes, which a keyboard cannot reach. */
for (const [id, name] of [["__drawer", "Contents"], ["__search", "Search"]]) {
  const box = document.getElementById(id);
  const label = document.querySelector(`.md-header__button[for=${id}]`);
  if (!box || !label) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = label.className;
  button.setAttribute("for", id);
  button.setAttribute("aria-label", name);
  button.append(...label.childNodes);
  label.replaceWith(button);
  const tell = () => button.setAttribute("aria-expanded", String(box.checked));
  button.addEventListener("click", () => box.click());
  box.addEventListener("change", tell);
  tell();
}

/* On a narrow screen the closed search is out of sight, and its field with it; the button above opens both. */
const search = document.getElementById("__search");
const query = document.querySelector(".md-search__input");
const narrow = matchMedia("(max-width: 59.984375em)");
if (search && query) {
  const place = () => { query.tabIndex = narrow.matches && !search.checked ? -1 : 0; };
  search.addEventListener("change", place);
  narrow.addEventListener("change", place);
  place();
}

document.addEventListener("keydown", (event) => {
  const drawer = document.getElementById("__drawer");
  if (event.key === "Escape" && drawer?.checked) drawer.click();
});

/* The theme's keys for the page before and the page after; it looks for them in the head, where they would be fetched. */
const WAYS = { p: "prev", ",": "prev", n: "next", ".": "next" };
document.addEventListener("keydown", (event) => {
  const writes = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  document.querySelector(`.md-footer__link--${WAYS[event.key]}`)?.click();
});
