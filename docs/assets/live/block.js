/* One Python block of the page: its buttons, what state it is in, and where the reader's output stands.
   The page's own output and pictures are hidden, never lost: Reset brings them back. */

import { drawn } from "./picture.js";

const DOING = {
  download: (share) => `Loading Python, ${Math.round(100 * share)} %`,
  start: () => "Starting Python",
  import: () => "Loading NumPy and nnlib",
  draw: () => "Loading Matplotlib",
};

const trimmed = (text) => text.replace(/^\n+|\n+$/g, "");

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

export class Block {
  constructor(wrapper) {
    this.wrapper = wrapper;
    this.number = Number(wrapper.dataset.block);
    this.code = wrapper.querySelector("code");
    this.own = trimmed(this.code.textContent);
    this.figures = [...document.querySelectorAll(`.nn-picture[data-of="${this.number}"]`)];
    this.alts = this.figures.map((figure) => figure.querySelector("svg").getAttribute("aria-label"));
  }

  get source() {
    return trimmed(this.code.textContent);
  }

  get state() {
    return this.wrapper.dataset.state;
  }

  get needs() {
    return this.wrapper.querySelector(".highlight").dataset.needs;
  }

  get nav() {
    return this.wrapper.querySelector(".md-code__nav");
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
      button.setAttribute("aria-label", `${name} block ${this.number + 1}`);
      button.addEventListener("click", press);
      this.button("run").before(button);
    }
    button.hidden = false;
    return button;
  }

  withdraw(kind) {
    const button = this.button(kind);
    if (!button || button.hidden) return;
    const focused = document.activeElement === button;
    button.hidden = true;
    if (focused) this.button("run").focus();
  }

  is(state) {
    this.wrapper.dataset.state = state;
    const busy = state === "loading" || state === "running";
    this.button("run").hidden = busy;
  }

  /* What the block says beside its output: how far it is, what happened. */
  say(text) {
    this.status ??= this.place(element("p", "nn-status"));
    this.status.setAttribute("role", "status");
    this.status.textContent = text;
    this.status.hidden = !text;
  }

  progress(doing, share = 0) {
    if (this.state === "loading") this.say(`${DOING[doing](share)} …`);
  }

  place(made) {
    this.wrapper.append(made);
    return made;
  }

  begin() {
    this.output ??= this.newOutput();
    this.output.replaceChildren();
    this.drawings?.remove();
    this.drawings = null;
    this.text = null;
  }

  newOutput() {
    const output = element("pre", "nn-output");
    output.setAttribute("role", "log");
    output.setAttribute("aria-label", `Your output of block ${this.number + 1}`);
    output.tabIndex = 0;
    return this.place(output);
  }

  /* The page's own goes when the reader's comes, so that nothing jumps while nothing is there. */
  cover() {
    for (const own of this.wrapper.querySelectorAll(".language-text")) own.hidden = true;
  }

  print(text) {
    this.text ??= this.output.appendChild(document.createTextNode(""));
    this.text.appendData(text);
  }

  draw(svg) {
    const picture = drawn(svg);
    if (!picture) return;
    if (!this.drawings) {
      this.drawings = element("div", "nn-drawings");
      const [first] = this.figures;
      if (first) first.before(this.drawings);
      else this.place(this.drawings);
    }
    for (const figure of this.figures) figure.hidden = true;
    const figure = element("figure", "nn-picture nn-drawn");
    figure.append(picture);
    this.drawings.append(figure);
  }

  fail({ text, hint }) {
    this.output.append(element("span", "nn-error", `${this.text?.data && !this.text.data.endsWith("\n") ? "\n" : ""}${text}`));
    if (hint) this.output.append(element("span", "nn-hint", `\n${hint}`));
  }

  reset() {
    this.output?.remove();
    this.drawings?.remove();
    this.output = this.drawings = null;
    for (const own of this.wrapper.querySelectorAll(".language-text")) own.hidden = false;
    for (const figure of this.figures) figure.hidden = false;
    this.say("");
    this.is("idle");
  }
}
