/* Shows the meaning of an underlined word, or what a proof asserts, to those who point at it, tab to it or tap it; without this it is a link.
   One box serves the whole page and is placed beside the word, so that nothing on the page moves. */

const DELAY_MILLISECONDS = 150;
const GAP_PIXELS = 8;

const article = document.querySelector("article");
const box = document.createElement("div");
box.id = "nn-meaning";
box.className = "nn-meaning";
box.setAttribute("role", "tooltip");
box.hidden = true;

let shown = null;
let line = 0;
let timer = 0;

/* Below the word or, where there is no room, above it; never over the edge of the window. */
function place() {
  const lines = shown.getClientRects();
  const word = lines[Math.min(line, lines.length - 1)];
  const left = Math.min(word.left, document.documentElement.clientWidth - box.offsetWidth - GAP_PIXELS);
  const below = word.bottom + GAP_PIXELS / 2;
  const above = word.top - box.offsetHeight - GAP_PIXELS / 2;
  box.style.left = `${Math.max(GAP_PIXELS, left)}px`;
  box.style.top = `${below + box.offsetHeight <= innerHeight || above < 0 ? below : above}px`;
}

function show(term, y) {
  clearTimeout(timer);
  if (shown && shown !== term) hide();
  /* A word may be broken over two lines: the box stands at the one that is pointed at. */
  line = Math.max(0, [...term.getClientRects()].findIndex((part) => y >= part.top && y <= part.bottom));
  shown = term;
  box.textContent = term.dataset.meaning;
  box.hidden = false;
  term.setAttribute("aria-describedby", box.id);
  place();
}

function hide() {
  clearTimeout(timer);
  shown?.removeAttribute("aria-describedby");
  shown = null;
  box.hidden = true;
}

function soon(action) {
  clearTimeout(timer);
  timer = setTimeout(action, DELAY_MILLISECONDS);
}

const termOf = (event) => event.target.closest?.("[data-meaning]");

if (article?.querySelector("[data-meaning]")) {
  article.append(box);
  let touched = false;
  let open = false;
  addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    open = shown !== null && shown === termOf(event);
    if (shown && !open && event.target !== box) hide();
  });
  article.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const term = termOf(event);
    if (term) soon(() => show(term, event.clientY));
    else if (event.target === box) clearTimeout(timer);
  });
  article.addEventListener("pointerout", (event) => {
    if (event.pointerType !== "touch" && (termOf(event) || event.target === box)) soon(hide);
  });
  article.addEventListener("focusin", (event) => {
    const term = termOf(event);
    if (term && term !== shown && !touched) show(term);
  });
  article.addEventListener("focusout", (event) => {
    if (termOf(event) === shown) hide();
  });
  /* A finger cannot hover: its first tap shows the meaning, its second follows the link. */
  article.addEventListener("click", (event) => {
    const term = termOf(event);
    if (!term || !touched || open) return;
    event.preventDefault();
    show(term, event.clientY);
  });
  document.addEventListener("keydown", (event) => {
    touched = false;
    if (event.key === "Escape" && shown) hide();
  });
  for (const moved of ["scroll", "resize"]) addEventListener(moved, () => shown && place(), { passive: true, capture: true });
}
