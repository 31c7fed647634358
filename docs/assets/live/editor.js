/* Makes a block of code its own editor by the browser's means: text that can be edited, and highlights that colour it.
   The element stays the same, so nothing moves; Tab leaves it, as it leaves everything else on the page. */

import { KINDS, words } from "./words.js";

const STEP = "    ";
const highlights = "highlights" in CSS ? new Map(KINDS.map((kind) => [kind, new Highlight()])) : null;
for (const [kind, highlight] of highlights ?? []) CSS.highlights.set(`nn-${kind}`, highlight);

/* What Enter puts in: a new line that begins where this one does, further in after a colon. */
export function newLine(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const [indent] = line.match(/^ */);
  return `\n${indent}${/:\s*(#.*)?$/.test(line) ? STEP : ""}`;
}

/* How many blanks Backspace takes: a whole step where there is nothing else before. */
export function backStep(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return /^ +$/.test(line) ? ((line.length - 1) % STEP.length) + 1 : 1;
}

export class Editor {
  /* `on` has `input` and `run`. */
  constructor(code, name, on) {
    this.code = code;
    this.on = on;
    this.ranges = [];
    code.addEventListener("beforeinput", (event) => this.before(event));
    code.addEventListener("input", () => this.changed());
    code.addEventListener("keydown", (event) => this.key(event));
    code.setAttribute("role", "textbox");
    code.setAttribute("aria-multiline", "true");
    code.setAttribute("aria-label", name);
    code.spellcheck = false;
    code.setAttribute("autocapitalize", "off");
    code.setAttribute("autocorrect", "off");
    this.write(code.textContent);
    code.contentEditable = "plaintext-only";
    if (code.contentEditable !== "plaintext-only") code.contentEditable = "true";
  }

  /* Replaces all of the text; the browser's own undo does not reach behind this. */
  write(text) {
    this.code.textContent = text.replace(/\n*$/, "\n");
    this.colour();
  }

  changed() {
    /* A last line without an end could not be seen when it is empty. */
    if (!this.code.textContent.endsWith("\n")) this.code.append("\n");
    this.colour();
    this.on.input();
  }

  /* The text before the caret; null while something is selected. */
  get ahead() {
    const selection = getSelection();
    if (!selection.isCollapsed || !this.code.contains(selection.anchorNode)) return null;
    const range = document.createRange();
    range.selectNodeContents(this.code);
    range.setEnd(selection.anchorNode, selection.anchorOffset);
    return range.toString();
  }

  before(event) {
    const ahead = this.ahead;
    if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph") {
      event.preventDefault();
      /* The one way to change text that the browser's undo remembers. */
      document.execCommand("insertText", false, newLine(ahead ?? ""));
    } else if (event.inputType === "deleteContentBackward" && ahead !== null && backStep(ahead) > 1) {
      event.preventDefault();
      const selection = getSelection();
      for (let step = backStep(ahead); step > 0; step -= 1) selection.modify("extend", "backward", "character");
      document.execCommand("delete");
    }
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.on.run();
    } else if (event.key === "Escape") {
      this.code.blur();
    }
    /* The page's own keys (f for the search, and so on) are letters here. */
    event.stopPropagation();
  }

  colour() {
    if (!highlights) return;
    for (const [kind, range] of this.ranges) highlights.get(kind).delete(range);
    this.ranges = [];
    const walker = document.createTreeWalker(this.code, NodeFilter.SHOW_TEXT);
    const nodes = [];
    for (let at = 0, node = walker.nextNode(); node; at += node.length, node = walker.nextNode()) nodes.push([at, node]);
    const place = (offset) => {
      const [at, node] = nodes.findLast(([start]) => start <= offset);
      return [node, Math.min(offset - at, node.length)];
    };
    for (const { kind, start, end } of words(this.code.textContent)) {
      const range = new StaticRange({
        startContainer: place(start)[0], startOffset: place(start)[1],
        endContainer: place(end - 1)[0], endOffset: place(end - 1)[1] + 1,
      });
      highlights.get(kind).add(range);
      this.ranges.push([kind, range]);
    }
  }
}
