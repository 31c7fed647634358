/* Joins the page's blocks to its Python: what is pressed is run, what comes back is shown where it belongs. */

import { Block } from "./block.js";
import { Python } from "./python.js";

const DRAWS = /\b(matplotlib|plotting|pyplot|plt)\b/;

const wrappers = [...document.querySelectorAll("[data-block]")];
const blocks = wrappers.map((wrapper) => new Block(wrapper));
const files = JSON.parse(document.querySelector("meta[name=nn-python]").content);
files.base = new URL(files.base, location.href).href;
let current = null;
const python = new Python(files, (doing, share) => current?.progress(doing, share));
/* For those who measure. */
globalThis.nnMarks = python.marks;

export async function run(block) {
  if (current) return;
  current = block;
  block.begin();
  block.is("loading");
  block.offer("stop", "Stop", () => python.stop());
  block.offer("reset", "Reset", () => reset(block));
  block.button("stop").focus({ preventScroll: true });
  const sources = blocks.map((each) => each.source);
  const request = { block: block.number, code: block.source, needs: block.needs, sources, alts: block.alts };
  const draws = DRAWS.test([block.source, ...sources.slice(0, block.number)].join("\n")) && DRAWS.test(needed(block, sources));
  const ended = await python.run(request, draws, {
    running: () => { block.cover(); block.is("running"); block.say("Running …"); },
    text: ({ text }) => block.print(text),
    picture: ({ svg }) => block.draw(svg),
  });
  current = null;
  block.withdraw("stop");
  block.is(ended.state);
  block.say({ stopped: "Stopped. What had been run is gone, and is run again when it is needed." }[ended.state] ?? "");
  if (ended.failure) block.fail(ended.failure);
  if (ended.broken) block.fail({ text: ended.broken });
  block.cover();
}

/* The block's text after that of the lines that it needs. */
function needed(block, sources) {
  const runs = block.needs.split(" ").filter(Boolean).map((run) => {
    const [number, first, last] = run.split(/[:-]/).map(Number);
    return sources[number].split("\n").slice(first - 1, last).join("\n");
  });
  return [...runs, block.source].join("\n");
}

export function reset(block) {
  if (current === block) python.stop();
  block.reset();
  block.withdraw("reset");
}

export function press(button) {
  const block = blocks[Number(button.closest("[data-block]").dataset.block)];
  if (button.matches(".nn-run")) run(block);
}
