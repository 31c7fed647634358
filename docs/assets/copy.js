/* Beside each copy button of a Python block a second one, which copies the block with the earlier lines that it needs.
   Which lines these are the build has written on the block, as "block:first-last"; Material's script copies and says so. */

const NAME = "Copy with what it needs";
const blocks = [...document.querySelectorAll("article .language-python.highlight")];
const source = (block) => block.querySelector("code").textContent.replace(/^\n+|\n+$/g, "");

function script(block) {
  const pieces = block.dataset.needs.split(" ").filter(Boolean).map((run) => {
    const [number, first, last] = run.split(/[:-]/).map(Number);
    return source(blocks[number]).split("\n").slice(first - 1, last).join("\n");
  });
  return [...pieces, source(block)].join("\n\n");
}

function offer(block) {
  const nav = block.querySelector(".md-code__nav");
  if (!nav || nav.querySelector(".nn-copy")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "md-code__button nn-copy";
  button.title = NAME;
  button.setAttribute("aria-label", NAME);
  /* What Material's script copies when this is pressed; written in time, not when the page is opened. */
  button.addEventListener("click", () => { button.dataset.clipboardText = script(block); }, true);
  button.dataset.clipboardText = "";
  nav.append(button);
}

const marked = blocks.filter((block) => "needs" in block.dataset);
const mend = () => marked.forEach(offer);
mend();
for (const block of marked) new MutationObserver(mend).observe(block, { childList: true, subtree: true });

/* Material shows "Copied to clipboard" for a moment; to be heard as well, it must be a status. */
document.querySelector(".md-dialog")?.setAttribute("role", "status");
