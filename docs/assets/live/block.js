/* One Python block of the page: its buttons, its state, its text, and where the reader's output stands.
   The page's own text, output and pictures are put aside, never lost: Reset brings them back. */

import { drawn } from "./picture.js";
import { DOING } from "./python.js";

const OUTDATED = "Out of date: something that this needs was changed. Run it again.";

export const trimmed = (text) => text.replace(/^\n+|\n+$/g, "");

export function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

export class Block {
  constructor(wrapper) {
    this.wrapper = wrapper;
    this.number = Number(wrapper.dataset.block);
    this.name = `block ${this.number + 1}`;
    this.code = wrapper.querySelector("code");
    this.markup = this.code.innerHTML;
    this.own = trimmed(this.code.textContent);
    this.figures = [...document.querySelectorAll(`.nn-picture[data-of="${this.number}"]`)];
    this.alts = this.figures.map((figure) => figure.querySelector("svg").getAttribute("aria-label"));
    this.slider = document.querySelector(`.nn-live[data-of="${this.number}"]`);
    this.nav = wrapper.querySelector(".md-code__nav");
    const { exercise, role } = wrapper.querySelector(".highlight").dataset;
    this.exercise = exercise;
    this.role = role;
    this.version = null;
    this.editor = null;
    this.busy = false;
  }

  get runs() {
    return Boolean(this.button("run"));
  }

  get source() {
    return trimmed(this.code.textContent);
  }

  get state() {
    return this.wrapper.dataset.state;
  }

  /* A cell of the Workbench has no text of its own that it could differ from. */
  get isChanged() {
    return this.own !== null && this.source !== this.own;
  }

  button(kind) {
    return this.wrapper.querySelector(`.nn-${kind}`);
  }

  /* A button beside Run, made when it is first of use. */
  offer(kind, name, press) {
    let button = this.button(kind);
    if (!button) {
      button = element("button", `md-code__button nn-button nn-${kind}`, name);
      button.type = "button";
      button.setAttribute("aria-label", `${name} ${this.name}`);
      button.addEventListener("click", press);
      this.nav.prepend(button);
    }
    button.hidden = false;
    return button;
  }

  /* Hides a button; the keyboard goes on at `next` if it was there. */
  withdraw(kind, next) {
    const button = this.button(kind);
    if (!button || button.hidden) return;
    const focused = document.activeElement === button;
    button.hidden = true;
    if (focused) next?.focus({ preventScroll: true });
  }

  is(state) {
    this.wrapper.dataset.state = state;
    this.busy = state === "loading" || state === "running";
  }

  /* Hides what cannot be pressed while the block runs, and shows it again. */
  settle(stop) {
    if (this.busy) {
      const stopping = this.offer("stop", "Stop", stop);
      for (const kind of ["run", "check"]) this.withdraw(kind, stopping);
    } else {
      for (const kind of ["run", "check"]) if (this.button(kind)) this.button(kind).hidden = false;
      this.withdraw("stop", this.button(this.checking ? "check" : "run"));
    }
  }

  /* How far it is, in words that are heard, too. */
  say(text) {
    if (!this.status) {
      this.status = element("span", "nn-status");
      this.status.setAttribute("role", "status");
      this.nav.prepend(this.status);
    }
    this.status.textContent = text;
    /* The code below a picture may be folded away. */
    if (this.slider) this.slider.querySelector(".nn-status").textContent = text;
  }

  /* What a reader should know afterwards: a sentence below the block. */
  tell(text) {
    this.note ??= this.place(element("p", "nn-note"));
    this.note.setAttribute("role", "status");
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  progress(doing, share = 0) {
    if (this.state === "loading") this.say(`${DOING[doing](share)} …`);
  }

  /* What is shown below the code, in the order of their names. */
  place(made) {
    this.wrapper.append(made);
    return made;
  }

  begin() {
    this.output ??= this.newOutput();
    this.failure = "";
    this.fresh = true;
    this.outdated(false);
    this.tell("");
  }

  newOutput() {
    const output = element("pre", "nn-output");
    output.setAttribute("role", "log");
    output.setAttribute("aria-label", `Your output of ${this.name}`);
    output.tabIndex = 0;
    const height = this.wrapper.querySelector(".language-text")?.offsetHeight;
    if (height) output.style.minHeight = `${height}px`;
    output.hidden = true;
    return this.place(output);
  }

  /* The old goes when the first of the new comes, so that nothing jumps while nothing is there. */
  clear() {
    if (!this.fresh) return;
    this.fresh = false;
    this.output.replaceChildren();
    this.text = null;
    this.verdict?.remove();
    this.verdict = null;
    this.drawings?.replaceChildren();
    for (const own of this.wrapper.querySelectorAll(".language-text")) own.hidden = true;
  }

  print(text) {
    this.clear();
    this.output.hidden = false;
    this.text ??= this.output.appendChild(document.createTextNode(""));
    this.text.appendData(text);
  }

  draw(svg) {
    const picture = drawn(svg);
    if (!picture) return;
    this.clear();
    if (!this.drawings) {
      this.drawings = element("div", "nn-drawings");
      const [first] = this.figures;
      if (first) first.before(this.drawings);
      else this.place(this.drawings);
    }
    for (const figure of this.figures) figure.hidden = true;
    const figure = element("figure", "nn-picture nn-drawn");
    figure.dataset.by = this.number;
    figure.append(picture);
    const caption = this.figures[this.drawings.childElementCount]?.querySelector("figcaption");
    if (caption) figure.append(caption.cloneNode(true));
    this.drawings.append(figure);
  }

  fail({ text, hint }) {
    this.clear();
    this.output.hidden = false;
    const start = this.text?.data && !this.text.data.endsWith("\n") ? "\n" : "";
    this.output.append(element("span", "nn-error", `${start}${text}`));
    if (hint) this.output.append(element("span", "nn-hint", hint));
  }

  judge(text, right) {
    this.clear();
    this.verdict = element("p", `nn-verdict ${right ? "nn-right" : "nn-not-yet"}`, text);
    this.verdict.setAttribute("role", "status");
    this.place(this.verdict);
  }

  outdated(is) {
    this.wrapper.classList.toggle("nn-outdated", is);
    if (is) this.tell(OUTDATED);
    else if (this.note?.textContent === OUTDATED) this.tell("");
  }

  /* Marks a block whose text is not the page's. */
  mark() {
    this.wrapper.classList.toggle("nn-changed", this.isChanged);
  }

  write(text) {
    if (this.editor) this.editor.write(text);
    else this.code.textContent = text.replace(/\n*$/, "\n");
    this.mark();
  }

  /* The page's own again; gives the text that was there. */
  reset() {
    const text = this.source;
    this.slider?.querySelectorAll("input").forEach((input) => {
      input.value = input.defaultValue;
      input.nextElementSibling.textContent = input.value;
    });
    if (text !== this.own) {
      this.write(this.own);
      if (!this.editor) this.code.innerHTML = this.markup;
    }
    this.mark();
    this.output?.remove();
    this.verdict?.remove();
    this.drawings?.remove();
    this.output = this.drawings = this.verdict = this.text = this.version = null;
    for (const own of this.wrapper.querySelectorAll(".language-text")) own.hidden = false;
    for (const figure of this.figures) figure.hidden = false;
    this.outdated(false);
    this.say("");
    this.tell("");
    this.is("idle");
    return text;
  }
}
