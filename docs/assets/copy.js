/* Puts together what "Copy with what it needs" copies: the block after the earlier lines that it needs; "Open in the Workbench" takes the same.
   Which lines these are the build has written on the block, as "block:first-last"; Material's script copies and says so. */

const blocks = [...document.querySelectorAll("article .language-python.highlight")];
const source = (block) => block.querySelector("code").textContent.replace(/^\n+|\n+$/g, "");

function needed(block) {
  return block.dataset.needs.split(" ").filter(Boolean).map((run) => {
    const [number, first, last] = run.split(/[:-]/).map(Number);
    return source(blocks[number]).split("\n").slice(first - 1, last).join("\n");
  });
}

/* Before Material's script hears of the click: it copies what stands in the attribute by then. */
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.(".nn-copy, .nn-open");
  if (!button) return;
  const block = button.closest(".highlight");
  if (button.matches(".nn-copy")) button.dataset.clipboardText = [...needed(block), source(block)].join("\n\n");
  else Object.assign(button.dataset, { needed: needed(block).join("\n\n"), source: source(block) });
}, true);

/* Material shows "Copied to clipboard" for a moment; to be heard as well, it must be a status. */
document.querySelector(".md-dialog")?.setAttribute("role", "status");
