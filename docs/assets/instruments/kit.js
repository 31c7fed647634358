/* What every instrument is made of: state that lives in the address, plots with handles, sliders, and a sentence that says what happened.
   An instrument brings its numbers, as pure functions, and its drawing; all that a hand, a key or a screen reader touches is made here. */

const SVG = "http://www.w3.org/2000/svg";
const COARSE = 10;
const FAR = 1e4;
const DRAG_PIXELS = 4;
const QUIET_MILLISECONDS = 400;

/* Numbers and words */

export function say(value, digits = 2) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Math.abs(value) >= 1e6) return value.toExponential(1).replace("-", "−").replace("e+", "e");
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

export const signed = (value, digits = 2) => (say(value, digits).startsWith("−") ? "" : "+") + say(value, digits);

/* Whole numbers from 0 to 63 as pages write them down, a sign each. */
export const SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

/* State: each of its names has a start, and reads any text or number into a value that is allowed */

/* A key goes by `step`; what a formula sets may be as fine as `grain`. */
export function number(start, low, high, step, grain = step) {
  const digits = (String(grain).split(".")[1] ?? "").length;
  return {
    start, low, high, step,
    read(given) {
      const value = given === "" || given === null ? NaN : Number(given);
      if (Number.isNaN(value)) return start;
      return Number((Math.round(Math.min(high, Math.max(low, value)) / grain) * grain).toFixed(digits)) || 0;
    },
  };
}

export function oneOf(choices, start = choices[0]) {
  return { start, choices, read: (given) => choices.find((choice) => String(choice) === String(given)) ?? start };
}

/* Drawing */

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const text = (x, y, content, attributes = {}) => draw("text", { x, y, ...attributes }, content);

export function arrow([x0, y0], [x1, y1], attributes = {}) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 1)) return draw("g");
  const [u, v] = [(x1 - x0) / length, (y1 - y0) / length];
  const head = Math.min(9, length);
  const [bx, by] = [x1 - head * u, y1 - head * v];
  return draw("path", { d: `M${x0} ${y0}L${bx} ${by}M${bx - 4 * v} ${by + 4 * u}L${x1} ${y1}L${bx + 4 * v} ${by - 4 * u}`, ...attributes });
}

const near = (value) => Math.round(Math.min(FAR, Math.max(-FAR, Number.isNaN(value) ? -FAR : value)) * 100) / 100;

function scale([from, to], [start, end]) {
  const by = (end - start) / (to - from);
  const at = (value) => near(start + (value - from) * by);
  at.back = (place) => from + (place - start) / by;
  return at;
}

/* A drawing with two axes. Whatever is painted is cut off at its edges; handles stay above it. */
class Plot {
  constructor(ui, { label, look = "", width = 340, height = 300, x = [0, width], y = [height, 0], margin = [0, 0, 0, 0] }) {
    const [top, right, bottom, left] = margin;
    this.ui = ui;
    this.box = { left, top, right: width - right, bottom: height - bottom };
    this.frame(x, y);
    const id = `nn-${ui.name}-${ui.plots++}`;
    const hole = draw("clipPath", { id }, draw("rect", { x: left, y: top, width: width - left - right, height: height - top - bottom }));
    this.back = draw("g", { "aria-hidden": "true" });
    this.front = draw("g", { "aria-hidden": "true", "clip-path": `url(#${id})` });
    this.notes = draw("g", { "aria-hidden": "true" });
    this.handles = draw("g");
    this.svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label, class: look }, hole, this.back, this.front, this.notes, this.handles);
    ui.drawings.append(this.svg);
  }

  /* What part of the plane is shown. */
  frame(x, y) {
    this.x = scale(x, [this.box.left, this.box.right]);
    this.y = scale(y, [this.box.bottom, this.box.top]);
    this.domain = { x, y };
  }

  /* Inside the axes; `note` is for what may stand outside them. */
  paint(...nodes) { this.front.replaceChildren(...nodes.flat(Infinity)); }
  note(...nodes) { this.notes.replaceChildren(...nodes.flat(Infinity)); }

  path(points, attributes = {}, end = "") {
    const d = points.map(([x, y], index) => `${index ? "L" : "M"}${this.x(x)} ${this.y(y)}`).join("");
    return draw("path", { d: d && d + end, ...attributes });
  }

  dot(x, y, attributes = {}) { return draw("circle", { cx: this.x(x), cy: this.y(y), r: 5, ...attributes }); }

  curve(f, attributes = {}, parts = 120, [from, to] = this.domain.x) {
    const places = Array.from({ length: parts + 1 }, (_, index) => from + ((to - from) * index) / parts);
    return this.path(places.map((x) => [x, f(x)]), attributes);
  }

  axes({ x = [], y = [], names = ["", ""], digits = 0 }) {
    const { left, top, right, bottom } = this.box;
    this.back.replaceChildren(
      draw("path", { class: "nn-axis", d: `M${left} ${top}V${bottom}H${right}` }),
      ...x.map((value) => text(this.x(value), bottom + 16, say(value, digits), { class: "nn-tick" })),
      ...y.map((value) => text(left - 6, this.y(value) + 4, say(value, digits), { class: "nn-tick nn-end" })),
      text(right, bottom + 32, names[0], { class: "nn-tick nn-end" }),
      text(left, top - 8, names[1], { class: "nn-tick nn-start" }),
    );
  }

  place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [this.x.back(point.x), this.y.back(point.y)];
  }

  /* A point to take hold of. `at` says where it stands, `move` what its new place means; `keys` says what steps mean, if not a place. */
  handle({ label, at, move, keys, step = [1, 1], value, low, high, words, shown = () => true, look = "circle" }) {
    const mark = look === "circle" ? draw("circle", { class: "nn-mark", r: 7 }) : draw("rect", { class: "nn-mark", x: -6, y: -6, width: 12, height: 12 });
    const element = slider(draw("g", { class: "nn-handle" }, draw("circle", { class: "nn-reach", r: 22 }), mark), { label, low, high });
    const by = (steps, across) => {
      const state = this.ui.state;
      if (keys) return keys(steps, across, state);
      const [x, y] = at(state);
      return across ? move(x, y + steps * step[1], state) : move(x + steps * step[0], y, state);
    };
    const end = (to) => (keys ? keys(to === low ? -Infinity : Infinity, false, this.ui.state) : move(to, at(this.ui.state)[1], this.ui.state));
    onKeys(element, by, () => end(low), () => end(high), this.ui);
    let hold = null;
    onDrag(element, {
      start: (event) => { const [x, y] = this.place(event), [a, b] = at(this.ui.state); hold = [a - x, b - y]; },
      move: (event) => { const [x, y] = this.place(event); this.ui.set(move(x + hold[0], y + hold[1], this.ui.state)); },
    });
    this.handles.append(element);
    this.ui.parts.push((state) => {
      const [x, y] = at(state);
      element.setAttribute("transform", `translate(${this.x(x)} ${this.y(y)})`);
      if (shown(state)) element.removeAttribute("display"); else element.setAttribute("display", "none");
      tell(element, value(state), words(state));
    });
    return element;
  }

  /* A number that stands in the drawing and is changed where it stands: dragged to the side, or by key. */
  knob(key, x, y, { label, words = (value) => say(value), wide = 44 }) {
    const spec = this.ui.specs[key];
    const shown = text(0, 4.5, "", { class: "nn-number" });
    const box = draw("rect", { class: "nn-mark nn-box", x: -wide / 2, y: -11, width: wide, height: 22, rx: 4 });
    const element = slider(draw("g", { class: "nn-handle nn-knob", transform: `translate(${x} ${y})` }, box, shown), { label, low: spec.low, high: spec.high });
    const by = (steps) => ({ [key]: this.ui.state[key] + steps * spec.step });
    onKeys(element, by, () => ({ [key]: spec.low }), () => ({ [key]: spec.high }), this.ui);
    let hold = null;
    onDrag(element, {
      start: (event) => { hold = [event.clientX, this.ui.state[key]]; },
      move: (event) => this.ui.set({ [key]: hold[1] + Math.round((event.clientX - hold[0]) / DRAG_PIXELS) * spec.step }),
    });
    this.handles.append(element);
    this.ui.parts.push((state) => {
      shown.textContent = words(state[key]);
      tell(element, state[key], words(state[key]));
    });
    return element;
  }

  /* A pointer may take hold anywhere; a key has a handle or a slider for the same. A finger's upward stroke still scrolls, unless it draws. */
  grab(move, { start = move, scrolls = true } = {}) {
    if (scrolls) this.svg.classList.add("nn-grab");
    const by = (change) => (event) => this.ui.set(change(...this.place(event)));
    onDrag(this.svg, { start: by(start), move: by(move), scrolls });
  }
}

function slider(element, { label, low, high }) {
  const attributes = { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": low, "aria-valuemax": high };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function tell(element, value, words) {
  element.setAttribute("aria-valuenow", value);
  element.setAttribute("aria-valuetext", words);
}

function onKeys(element, by, toLow, toHigh, ui) {
  const steps = { ArrowRight: [1, false], ArrowLeft: [-1, false], ArrowUp: [1, true], ArrowDown: [-1, true], PageUp: [COARSE, true], PageDown: [-COARSE, true] };
  element.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [count, across] = steps[event.key] ?? [];
    if (count) ui.set(by(event.shiftKey ? Math.sign(count) * COARSE : count, across));
    else if (event.key === "Home") ui.set(toLow());
    else if (event.key === "End") ui.set(toHigh());
    else return;
    event.preventDefault();
  });
}

function onDrag(element, { start, move, scrolls = false }) {
  let held = null;
  /* Not by `touch-action`, which browsers do not heed on parts of a drawing: a finger on a handle must not scroll the page. */
  if (!scrolls) element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  element.addEventListener("pointerdown", (event) => {
    if (event.button || held !== null || event.target.closest(".nn-handle, svg") !== element) return;
    held = event.pointerId;
    element.setPointerCapture(held);
    element.focus?.({ preventScroll: true });
    event.preventDefault();
    start(event);
  });
  element.addEventListener("pointermove", (event) => { if (event.pointerId === held) move(event); });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    element.addEventListener(end, (event) => { if (event.pointerId === held) held = null; });
  }
}

/* A value in the address is coded twice, since what stands between values may stand in one. */
const twice = (value) => encodeURIComponent(encodeURIComponent(value));

function plain(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

/* What the build took from the page's own blocks; what is heavy waits in a file until the instrument is about to be seen. */
function arrive(host, use) {
  const { numbers } = host.dataset;
  if (!numbers) return use(JSON.parse(host.querySelector("script")?.textContent ?? "null"));
  new IntersectionObserver(([seen], observer) => {
    if (!seen.isIntersecting) return;
    observer.disconnect();
    /* A script, since a copy on a reader's disk may not fetch. */
    const script = make("script", { src: numbers });
    script.addEventListener("load", () => use(script.numbers));
    document.head.append(script);
  }, { rootMargin: "100%" }).observe(host);
}

/* One instrument on the page */
class Instrument {
  constructor(host, data, name, { label, hint, state, build }) {
    Object.assign(this, { host, data, name, specs: state, parts: [], plots: 0, timer: null });
    this.starts = Object.fromEntries(Object.entries(state).map(([key, spec]) => [key, spec.start]));
    this.state = { ...this.starts, ...this.recalled() };
    this.drawings = make("div", { class: "nn-drawings" });
    this.controls = make("div", { class: "nn-controls" });
    /* Seen at once; heard when the hand has come to rest. */
    this.seen = make("p", { class: "nn-says", "aria-hidden": "true" });
    this.heard = make("p", { class: "nn-heard", role: "status" });
    this.stage = make("div", { class: "nn-stage", role: "group", "aria-label": label }, make("p", { class: "nn-hint" }, hint), this.drawings, this.controls, this.seen, this.heard);
    this.draw = build(this);
    this.button("Reset", () => this.starts).classList.add("nn-reset");
    this.render();
    host.append(this.stage);
    host.dataset.live = "";
  }

  set(changes) {
    for (const [key, value] of Object.entries(changes ?? {})) this.state[key] = this.specs[key].read(value);
    this.render();
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      /* What nobody asked for is neither heard nor kept. */
      if (this.unasked) return;
      this.heard.textContent = this.seen.textContent;
      this.remember();
    }, QUIET_MILLISECONDS);
  }

  render() {
    this.seen.textContent = this.draw(this.state);
    for (const part of this.parts) part(this.state);
  }

  plot(options) { return new Plot(this, options); }

  recalled() {
    const kept = new URLSearchParams(location.search).get(this.name) ?? "";
    const pairs = kept.split(",").map((pair) => pair.split(":")).filter(([key]) => Object.hasOwn(this.specs, key));
    return Object.fromEntries(pairs.map(([key, value]) => [key, this.specs[key].read(plain(value ?? ""))]));
  }

  /* Only what differs from the start is kept in the address; the rest of the address is left alone. */
  remember() {
    const changed = Object.keys(this.specs).filter((key) => this.state[key] !== this.starts[key]);
    const kept = changed.map((key) => `${key}:${twice(this.state[key])}`).join(",");
    const others = location.search.slice(1).split("&").filter((part) => part && part.split("=")[0] !== this.name);
    const query = [...others, ...(kept ? [`${this.name}=${kept}`] : [])].join("&");
    try {
      history.replaceState(history.state, "", `${location.pathname}${query && `?${query}`}${location.hash}`);
    } catch { /* A browser may refuse this for a file, or when it is asked too often; nothing else depends on it. */ }
  }

  slider(key, label, words = (value) => say(value), also = () => ({})) {
    const { choices, low = 0, high = choices.length - 1, step = 1 } = this.specs[key];
    const input = make("input", { type: "range", min: low, max: high, step, "aria-label": label });
    const shown = make("span", { class: "nn-value", "aria-hidden": "true" });
    const take = (value) => this.set({ [key]: choices ? choices[Math.max(0, Math.min(high, value))] : value, ...also() });
    input.addEventListener("input", () => take(Number(input.value)));
    input.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (!way || !event.shiftKey) return;
      event.preventDefault();
      take(Number(input.value) + way * step * (choices ? 3 : COARSE));
    });
    this.controls.append(make("label", { class: "nn-slider" }, make("span", { "aria-hidden": "true" }, label), input, shown));
    this.parts.push((state) => {
      input.value = choices ? choices.indexOf(state[key]) : state[key];
      shown.textContent = words(state[key]);
      input.setAttribute("aria-valuetext", words(state[key]));
    });
    return input;
  }

  /* Text of several lines. */
  field(key, label, also = () => ({})) {
    const input = make("textarea", { rows: 3, spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
    input.addEventListener("input", () => this.set({ [key]: input.value, ...also({ [key]: input.value }) }));
    this.controls.append(make("label", { class: "nn-field" }, make("span", {}, label), input));
    this.parts.push((state) => {
      if (input.value === state[key]) return;
      input.value = state[key];
      input.scrollTop = input.scrollHeight;
    });
  }

  choice(key, label, names = {}, also = () => ({})) {
    const inputs = this.specs[key].choices.map((choice) => {
      const input = make("input", { type: "radio", name: `nn-${this.name}-${key}`, value: choice });
      input.addEventListener("change", () => this.set({ [key]: choice, ...also(choice) }));
      return [choice, input];
    });
    const labels = inputs.map(([choice, input]) => make("label", {}, input, make("span", {}, names[choice] ?? String(choice))));
    this.controls.append(make("fieldset", { class: "nn-choice" }, make("legend", {}, label), ...labels));
    this.parts.push((state) => { for (const [choice, input] of inputs) input.checked = state[key] === choice; });
  }

  button(name, changes, enabled = () => true) {
    const button = this.press(name, () => { this.pause(); this.set(changes(this.state)); });
    /* Told, not switched off: a button that is switched off under a finger would take the keyboard's place with it. */
    this.parts.push((state) => button.setAttribute("aria-disabled", String(!enabled(state))));
    return button;
  }

  press(name, action) {
    const button = make("button", { type: "button", class: "nn-button" }, name);
    button.addEventListener("click", action);
    if (!this.buttons) {
      this.buttons = make("div", { class: "nn-buttons" });
      this.controls.append(this.buttons);
    }
    this.buttons.append(button);
    return button;
  }

  /* `advance` gives the changes of one step, or nothing at the end; `pace` the milliseconds between two, or a function of the state that does.
     Who asked for less motion takes ten steps at a time. For all others it begins by itself at `opening`, if there is one, once it is seen. */
  play(advance, pace = 120, opening = null) {
    const step = () => {
      const changes = this.host.isConnected ? advance(this.state) : null;
      if (changes) this.set(changes); else this.pause();
      return changes;
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.press("Ten steps", () => { for (let count = 0; count < COARSE && step(); count += 1); });
      return;
    }
    const run = () => { this.timer = setTimeout(() => step() && run(), typeof pace === "number" ? pace : pace(this.state)); };
    const start = () => {
      if (opening && !advance(this.state)) this.set(opening);
      button.textContent = "Pause";
      run();
    };
    const button = this.press("Play", () => (this.timer === null ? start() : this.pause()));
    this.pause = () => { clearTimeout(this.timer); this.timer = null; button.textContent = "Play"; };
    /* A hand on anything else takes over. */
    for (const touched of ["pointerdown", "keydown", "click"]) {
      this.stage.addEventListener(touched, ({ target }) => {
        this.unasked = false;
        if (target !== button) this.pause();
      });
    }
    if (!opening || Object.keys(this.starts).some((key) => this.state[key] !== this.starts[key])) return;
    new IntersectionObserver(([seen], observer) => {
      if (!seen.isIntersecting) return;
      observer.disconnect();
      this.unasked = true;
      this.set(opening);
      start();
    }, { threshold: 0.5 }).observe(this.host);
  }

  pause() {}
}

/* Makes the element `<nn-name>`, in which the build has left the picture that stands there without scripts and on paper. */
export function instrument(name, description) {
  customElements.define(`nn-${name}`, class extends HTMLElement {
    connectedCallback() {
      if (this.known) return;
      this.known = true;
      arrive(this, (data) => { this.instrument = new Instrument(this, data, name, description); });
    }
  });
}
