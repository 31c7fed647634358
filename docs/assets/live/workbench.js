/* A page of empty cells: what is typed stays in this browser, or travels in an address; nothing of it runs by itself. */

import { Block, element } from "./block.js";
import { Editor } from "./editor.js";
import { Python } from "./python.js";
import { files, Session } from "./session.js";
import { cellsOf, fragment, isShared } from "./share.js";

const KEY = "nn-workbench";
const CAME = "This code came with the address that you opened. Nothing of it has been run: read it first. Your own cells are kept.";
const UNREADABLE = "The address holds code that cannot be read; perhaps it was cut short.";
const UNKEPT = "This browser keeps nothing: download what you want to have tomorrow.";

const bench = document.getElementById("nn-bench");
const list = bench.appendChild(element("div", "nn-cells"));
const note = bench.appendChild(element("p", "nn-note"));
const bar = bench.appendChild(element("p", "nn-bar"));
note.setAttribute("role", "status");

const blocks = [];
const session = new Session(blocks, new Python(files()));
let shared = false;

const sources = () => blocks.map(({ source }) => source);

function button(text, press) {
  const made = element("button", "nn-tool", text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

function say(text, ...more) {
  note.replaceChildren(text, ...more);
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept) && kept.length ? kept.map(String) : [""];
  } catch {
    return [""];
  }
}

let due;
async function keep() {
  if (shared) {
    clearTimeout(due);
    due = setTimeout(async () => history.replaceState(null, "", await fragment(sources())), 300);
    return;
  }
  try {
    localStorage.setItem(KEY, JSON.stringify(sources()));
  } catch {
    say(UNKEPT);
  }
}

function renumber() {
  blocks.forEach((block, number) => {
    block.number = number;
    block.name = `cell ${number + 1}`;
    block.wrapper.dataset.block = number;
    for (const each of block.nav.querySelectorAll("button")) each.setAttribute("aria-label", `${each.textContent} ${block.name}`);
    block.code.setAttribute("aria-label", `Python code of ${block.name}`);
  });
}

function add(text = "", at = blocks.length) {
  const wrapper = element("div", "nn-block");
  wrapper.dataset.state = "idle";
  wrapper.dataset.block = at;
  wrapper.innerHTML = '<div class="language-python highlight"><pre><span class="md-code__nav"></span><code></code></pre></div>';
  wrapper.querySelector("code").textContent = `${text}\n`;
  const block = new Block(wrapper);
  block.own = null;
  block.offer("remove", "Remove", () => remove(block));
  block.offer("run", "Run", () => session.run(block));
  block.editor = new Editor(block.code, "", {
    input: () => keep(),
    run: () => session.run(block),
  });
  blocks.splice(at, 0, block);
  list.insertBefore(wrapper, list.children[at] ?? null);
  renumber();
  return block;
}

function remove(block) {
  if (block.busy) session.python.stop();
  const { number, source } = block;
  blocks.splice(number, 1);
  block.wrapper.remove();
  if (!blocks.length) add();
  renumber();
  keep();
  say(`Cell ${number + 1} was removed. `, button("Undo", () => {
    add(source, number).code.focus();
    keep();
    say("");
  }));
  bar.querySelector("button").focus();
}

function fill(cells) {
  for (const block of blocks.splice(0)) block.wrapper.remove();
  for (const cell of cells) add(cell);
}

async function runAll() {
  for (const block of [...blocks]) {
    await session.run(block);
    if (block.state !== "done") break;
  }
}

function download(name, type, text) {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export const asScript = (cells) => cells.map((cell) => `# %%\n${cell}\n`).join("\n");

export function asNotebook(cells) {
  const lines = (cell) => cell.split(/(?<=\n)/);
  return `${JSON.stringify({
    cells: cells.map((cell, number) => ({
      cell_type: "code", execution_count: null, id: `cell-${number + 1}`, metadata: {}, outputs: [], source: lines(cell),
    })),
    metadata: {
      kernelspec: { display_name: "Python 3", language: "python", name: "python3" },
      language_info: { name: "python" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  }, null, 1)}\n`;
}

async function share() {
  const address = new URL(await fragment(sources()), location.href).href;
  try {
    await navigator.clipboard.writeText(address);
    say(`The address is on the clipboard: ${address.length.toLocaleString("en")} characters that hold all cells. Nothing was sent anywhere.`);
  } catch {
    say("Copy this address: ", element("code", "", address));
  }
}

bar.append(
  button("Add a cell", () => { add().code.focus(); keep(); }),
  button("Run all", runAll),
  button("Copy an address with these cells", share),
  button("Download .py", () => download("workbench.py", "text/x-python", asScript(sources()))),
  button("Download .ipynb", () => download("workbench.ipynb", "application/x-ipynb+json", asNotebook(sources()))),
);

async function open() {
  const cells = await cellsOf(location.hash);
  shared = Boolean(cells);
  fill(cells ?? recall());
  if (cells) {
    say(CAME, " ", button("Back to my cells", () => { history.pushState(null, "", location.pathname); open(); }), " ", button("Add to my cells", () => {
      const all = [...recall().filter(Boolean), ...sources()];
      history.pushState(null, "", location.pathname);
      shared = false;
      fill(all);
      keep();
      say("They now stand below your own.");
    }));
    bench.insertBefore(note, list);
  } else {
    say(isShared(location.hash) ? UNREADABLE : "");
    bench.insertBefore(note, bar);
  }
}

addEventListener("hashchange", open);
addEventListener("popstate", open);
addEventListener("storage", ({ key }) => {
  if (key === KEY && !shared && !bench.contains(document.activeElement)) fill(recall());
});
await open();
