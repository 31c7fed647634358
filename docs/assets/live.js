/* Waits for the first press of Run or Check, or in a block's code; only then does anything of Python in the page come.
   Without it, or where it cannot be had, the page reads as it did. */

const here = document.querySelector("meta[name=nn-python]");
const PRESSED = "[data-block] :is(.nn-run, .nn-check, .nn-edit, .nn-block > .language-python code)";
let page = null;
let coming = null;

async function load() {
  page = await (coming ??= import("./live/page.js"));
}

async function press(pressed) {
  const block = pressed.closest("[data-block]");
  if (!block.querySelector(".nn-run")) return;
  if (!page) {
    if (pressed.matches("button:not(.nn-edit)")) block.dataset.state = "loading";
    await load();
  }
  page.press(pressed);
}

if (here) {
  document.addEventListener("click", ({ target }) => {
    const pressed = target.closest?.(PRESSED);
    if (pressed) press(pressed);
  });
  /* What the reader typed here before is shown again; nothing of it is run. */
  try {
    if (localStorage.getItem(`nn-code:${location.pathname.replace(/index\.html$/, "")}`)) load();
  } catch { /* A private window may refuse. */ }
}
