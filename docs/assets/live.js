/* Waits for the first press of Run or Check, in a block's code or on a slider; only then does anything of Python in the page come.
   Without it, or where it cannot be had, the page reads as it did. */

const here = document.querySelector("meta[name=nn-python]");
const PRESSED = "[data-block] :is(.nn-run, .nn-check, .nn-edit, .nn-block > .language-python code)";
let page = null;
let coming = null;

async function load() {
  coming ??= import("./live/page.js");
  page = await coming;
}

async function press(pressed) {
  const block = pressed.closest("[data-block]");
  if (block && !block.querySelector(".nn-run")) return;
  if (!page) {
    if (pressed.matches(".nn-run, .nn-check")) block.dataset.state = "loading";
    await load();
  }
  page.press(pressed);
}

async function openInWorkbench({ dataset: { needed, source } }) {
  const { fragment } = await import("./live/share.js");
  const { workbench } = JSON.parse(here.content);
  location.href = workbench + await fragment([needed, source].filter(Boolean));
}

if (here && document.getElementById("nn-bench")) {
  import("./live/workbench.js");
} else if (here) {
  document.addEventListener("click", ({ target }) => {
    const pressed = target.closest?.(PRESSED);
    if (pressed) press(pressed);
    const opened = target.closest?.(".nn-open");
    if (opened) openInWorkbench(opened);
  });
  document.addEventListener("input", ({ target }) => {
    /* An instrument has sliders of its own. */
    if (!target.closest("[data-of]")) return;
    target.nextElementSibling.textContent = target.value;
    press(target);
  });
  /* What the reader typed here before is shown again; nothing of it is run. */
  try {
    if (localStorage.getItem(`nn-code:${location.pathname.replace(/index\.html$/, "")}`)) load();
  } catch { /* A private window may refuse. */ }
}
