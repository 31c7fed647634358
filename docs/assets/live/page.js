/* Joins the page's blocks to its Python, keeps what is typed, and moves what the sliders move. */

import { Block } from "./block.js";
import { Editor } from "./editor.js";
import { Python } from "./python.js";
import { files, Session } from "./session.js";
import { assigned } from "./slider.js";
import { solve } from "./solved.js";
import * as store from "./store.js";

const UNKEPT = "This browser keeps nothing: the change is gone when you leave.";

const blocks = [...document.querySelectorAll("[data-block]")].map((wrapper) => new Block(wrapper));
const python = new Python(files());
const session = new Session(blocks, python, {
  offered: (block) => block.offer("reset", "Reset", () => reset(block)),
  solved: (block) => solve(block.exercise),
});
/* For those who measure. */
globalThis.nnMarks = python.marks;

function reset(block) {
  if (block.busy) python.stop();
  const text = block.reset();
  const focus = block.button("run");
  if (text !== block.own) {
    store.keep(block.own, null);
    block.offer("undo", "Undo reset of", () => {
      block.withdraw("undo", focus);
      block.write(text);
      typed(block);
    }).textContent = "Undo";
  }
  block.withdraw("reset", focus);
}

/* What a reader has typed: kept, marked, and a way back. */
function typed(block) {
  block.mark();
  block.withdraw("undo");
  if (block.isChanged) block.offer("reset", "Reset", () => reset(block));
  if (!store.keep(block.own, block.isChanged ? block.source : null)) block.tell(UNKEPT);
}

function edit(block) {
  block.editor ??= new Editor(block.code, `Python code of ${block.name}`, {
    input: () => typed(block),
    run: () => session.run(block, { check: block.role === "stub" }),
  });
  if (document.activeElement !== block.code) block.code.focus({ preventScroll: true });
}

/* The latest place of a slider is the one that counts: while one picture is drawn, no others queue up. */
async function slide(input) {
  const block = blocks[Number(input.closest("[data-of]").dataset.of)];
  block.write(assigned(block.source, input.name, input.value));
  block.waits = block.busy;
  if (block.busy) return;
  do {
    block.waits = false;
    await session.run(block);
  } while (block.waits && block.state === "done");
}

function recall() {
  const kept = store.kept();
  for (const block of blocks) {
    const text = kept.get(store.nameOf(block.own));
    if (text === undefined || text === block.source || document.activeElement === block.code) continue;
    block.write(text);
    block.offer("reset", "Reset", () => reset(block));
  }
}

recall();
store.onChange(recall);

export function press(target) {
  if (target.matches(".nn-live input")) {
    slide(target);
    return;
  }
  const block = blocks[Number(target.closest("[data-block]").dataset.block)];
  if (target.matches(".nn-run")) session.run(block);
  else if (target.matches(".nn-check")) session.run(block, { check: true });
  else edit(block);
}
