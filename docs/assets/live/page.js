/* Joins the page's blocks to its Python: what is pressed is run, what comes back is shown where it belongs,
   and what is typed is kept. */

import { Block } from "./block.js";
import { Editor } from "./editor.js";
import { Python } from "./python.js";
import { solve } from "./solved.js";
import * as store from "./store.js";

const STOPPED = "Stopped. The names that were made on this page are gone; they are made again as they are needed.";
const UNKEPT = "This browser keeps nothing: the change is gone when you leave.";

const blocks = [...document.querySelectorAll("[data-block]")].map((wrapper) => new Block(wrapper));
const files = JSON.parse(document.querySelector("meta[name=nn-python]").content);
files.base = new URL(files.base, location.href).href;
const python = new Python(files, (doing, share) => blocks.forEach((block) => block.progress(doing, share)));
/* For those who measure. */
globalThis.nnMarks = python.marks;

const original = blocks.map((block) => block.own);

function request(block) {
  const shown = blocks.filter(({ version }) => version !== null).map(({ number, version }) => [number, version]);
  return {
    block: block.number,
    sources: blocks.map(({ source }) => source),
    original,
    shown: Object.fromEntries(shown),
    alts: block.isChanged ? block.alts.map((alt) => `Drawn by changed code. In the page: ${alt}`) : block.alts,
  };
}

export async function run(block, { check = false } = {}) {
  if (block.busy || !block.runs) return;
  block.checking = check;
  block.begin();
  block.is("loading");
  block.settle(stop);
  block.say("Waiting …");
  block.offer("reset", "Reset", () => reset(block));
  const asked = request(block);
  if (check) asked.check = blocks.findIndex(({ exercise, role }) => exercise === block.exercise && role === "check");
  const ended = await python.run(asked, {
    running: () => { block.is("running"); block.say("Running …"); },
    note: ({ text }) => block.say(text),
    text: ({ text }) => block.print(text),
    picture: ({ svg }) => block.draw(svg),
  });
  finish(block, ended);
}

function finish(block, ended) {
  block.is(ended.state);
  block.settle(stop);
  block.say("");
  block.tell(ended.state === "stopped" ? STOPPED : "");
  if (ended.state !== "stopped") block.clear();
  if (ended.failure) block.fail(ended.failure);
  if (ended.broken) block.fail({ text: ended.broken });
  if (ended.verdict) {
    block.judge(ended.verdict, ended.right);
    if (ended.right) solve(block.exercise);
  }
  if (!ended.version) return;
  block.version = ended.version;
  const outdated = new Set(ended.outdated);
  for (const other of blocks) if (!other.busy) other.outdated(outdated.has(other.number));
}

function stop() {
  python.stop();
}

export function reset(block) {
  if (block.busy) stop();
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
  const keeps = store.keep(block.own, block.isChanged ? block.source : null);
  if (!keeps) block.tell(UNKEPT);
}

export function edit(block) {
  if (!block.editor) {
    block.editor = new Editor(block.code, `Python code of ${block.name}`, {
      input: () => typed(block),
      run: () => run(block, { check: block.role === "stub" }),
      leave: () => {},
    });
  }
  if (document.activeElement !== block.code) block.code.focus({ preventScroll: true });
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
  const block = blocks[Number(target.closest("[data-block]").dataset.block)];
  if (target.closest(".nn-run")) run(block);
  else if (target.closest(".nn-check")) run(block, { check: true });
  else edit(block);
}
