/* A strip of forty steps: what is left of the first symbol, and how much of the blame gets back to it, in a plain cell and in one with gates.
   The plain cell is the page's unit; the gates of the other are set by hand here, where an LSTM sets them itself at every step. */

import { arrow, draw, instrument, number, oneOf, say, text } from "./kit.js";

/* The page's unit: states, and how much the last one changes with the input of each step. */
export function plain(weight, inputs) {
  const states = [];
  for (const x of inputs) states.push(Math.tanh(x + weight * (states.at(-1) ?? 0)));
  let blame = 1;
  const blames = states.map((_, index) => {
    const state = states[states.length - 1 - index];
    const here = blame * (1 - state * state);
    blame = here * weight;
    return here;
  });
  return { states, blames: blames.reverse() };
}

/* One unit of an LSTM whose gates do not look: f and o at every step, the input gate open at the first step and at i after it.
   `blames` is how much the last state changes with each step's input. */
export function gated({ f, i, o }, inputs) {
  const cells = [];
  inputs.forEach((x, index) => cells.push(f * (cells.at(-1) ?? 0) + (index ? i : 1) * Math.tanh(x)));
  const states = cells.map((cell) => o * Math.tanh(cell));
  let blame = o * (1 - Math.tanh(cells.at(-1)) ** 2);
  const blames = [...inputs.keys()].reverse().map((index) => {
    const here = blame * (index ? i : 1) * (1 - Math.tanh(inputs[index]) ** 2);
    blame *= f;
    return here;
  });
  return { cells, states, blames: blames.reverse() };
}

const STEPS = 40;
/* Plus and minus one as they come; any would do. */
const NOISE = [..."-++-+---++-+-+--+++-++--+-+--++-+--+-++"].map((sign) => (sign === "+" ? 1 : -1));
const FLOOR = -12;
const inputsOf = ({ first, rest }) => [first === "+1" ? 1 : -1, ...NOISE.map((value) => (rest === "noise" ? value : 0))];
const power = (value) => (value === 0 ? FLOOR : Math.max(FLOOR, Math.min(4, Math.log10(Math.abs(value)))));

function brief(value) {
  const size = Math.abs(value);
  if (size === 0 || size === 1) return say(value, 0);
  if (size >= 0.001 && size < 1000) return say(value, 3);
  return Number.isFinite(value) ? value.toExponential(0).replaceAll("-", "−").replace("e+", "e") : say(value);
}

const box = (x) => draw("rect", { class: "nn-plain", x, y: 4, width: 286 - x, height: 154, rx: 8 });
const line = (...points) => points.slice(1).map((point, end) => arrow(points[end], point, { class: "nn-line", "stroke-width": 1.4 }));
const plus = (x) => [draw("circle", { class: "nn-plain", cx: x, cy: 52, r: 13 }), text(x, 57, "+", { class: "nn-middle nn-strong" })];
const digits = (x, y, value, look = "") => text(x, y, brief(value), { class: `nn-halo ${look}` });
const edges = ([above, below, out], [old, input]) => [
  text(0, 26, above, { class: "nn-quiet nn-halo" }), digits(0, 72, old), text(0, 102, below, { class: "nn-quiet nn-halo" }), digits(0, 140, input),
  text(338, 34, out, { class: "nn-quiet nn-end" }),
];

function gatedCell(plot, { cells, states }, inputs, { at, f, i, o }) {
  const index = at - 1;
  const gate = (x, y, name, value) => [
    draw("circle", { class: "nn-yes", cx: x, cy: y, r: 13 }), text(x, y + 4.5, "×", { class: "nn-middle nn-strong" }),
    text(x, y + (y > 100 ? 30 : -22), `${name} ${say(value)}`, { class: "nn-middle nn-halo" }),
  ];
  const written = index ? i : 1;
  const old = cells[index - 1] ?? 0;
  plot.paint(
    box(54), line([2, 52], [82, 52]), line([108, 52], [176, 52]), line([202, 52], [338, 52]),
    line([2, 120], [110, 120]), line([136, 120], [189, 120], [189, 66]), line([229, 52], [229, 120], [244, 120]), line([270, 120], [338, 120]),
    plus(189), gate(95, 52, "forget", f), gate(123, 120, "input", written), gate(257, 120, "output", o),
    edges(["old cell", "input", "cell"], [old, inputs[index]]),
    digits(142, 44, f * old, "nn-middle"), digits(195, 98, written * Math.tanh(inputs[index])),
    text(82, 113, "tanh", { class: "nn-quiet nn-middle nn-halo" }), text(235, 76, "tanh", { class: "nn-quiet nn-halo" }),
    digits(338, 72, cells[index], "nn-end nn-strong"), text(338, 102, "state", { class: "nn-quiet nn-end" }), digits(338, 140, states[index], "nn-end nn-strong"),
  );
}

function plainCell(plot, { states }, inputs, { at, weight }) {
  const old = states[at - 2] ?? 0;
  const x = inputs[at - 1];
  plot.paint(
    box(62), line([2, 52], [165, 52]), line([2, 120], [178, 120], [178, 66]), line([191, 52], [236, 52]), line([280, 52], [338, 52]), plus(178),
    draw("rect", { class: "nn-yes", x: 236, y: 36, width: 44, height: 32, rx: 4 }), text(258, 56, "tanh", { class: "nn-middle" }),
    edges(["old state", "input", "state"], [old, x]),
    text(115, 44, `× ${say(weight)} = ${brief(weight * old)}`, { class: "nn-middle nn-halo" }), text(115, 113, `× 1 = ${brief(x)}`, { class: "nn-middle nn-halo" }),
    digits(212, 44, x + weight * old, "nn-middle"), digits(338, 72, states[at - 1], "nn-end nn-strong"),
  );
}

instrument("recurrence", {
  label: "Forty steps of one cell, to try",
  hint: "Drag along the strip; change the weight or, with gates, what they keep, write (from step 2 on) and show.",
  state: {
    at: number(2, 1, STEPS, 1), kind: oneOf(["plain", "gated"]), first: oneOf(["+1", "−1"]), rest: oneOf(["zeros", "noise"]),
    weight: number(0.5, -2, 2, 0.05), f: number(0.95, 0, 1, 0.01), i: number(0, 0, 1, 0.01), o: number(1, 0, 1, 0.01),
  },
  build(ui) {
    const shape = { x: [0.3, STEPS + 0.7], margin: [20, 10, 34, 40] };
    const states = ui.plot({ label: "The state at each step", y: [-1.1, 1.1], height: 230, ...shape });
    const blames = ui.plot({ label: "How much the last state changes with each step's input", y: [FLOOR, 4], height: 230, ...shape });
    const inside = ui.plot({ label: "The cell at the chosen step", look: "nn-flat", width: 340, height: 162 });
    states.axes({ x: [1, 10, 20, 30, 40], y: [-1, 0, 1], names: ["step", "state"] });
    blames.axes({ x: [1, 10, 20, 30, 40], names: ["step", "← gradient of the last state"] });
    blames.note([0, -4, -8, -12].map((at) => text(blames.box.left - 6, blames.y(at) + 4, at ? `1e−${-at}` : "1", { class: "nn-tick nn-end" })));
    states.handle({
      label: "The step that is looked at", low: 1, high: STEPS, at: ({ at }) => [at, -1.1], move: (x) => ({ at: x }),
      keys: (steps, across, { at }) => ({ at: at + steps }), value: ({ at }) => at, words: ({ at }) => `step ${at}`,
    });
    for (const plot of [states, blames]) plot.grab((x) => ({ at: x }));
    ui.choice("kind", "cell", { gated: "with gates" });
    ui.choice("first", "first symbol");
    ui.choice("rest", "then");
    const gates = (key) => () => (key === "weight" ? { kind: "plain" } : { kind: "gated" });
    ui.slider("weight", "plain: weight", say, gates("weight"));
    ui.slider("f", "gates: forget", say, gates("f"));
    ui.slider("i", "gates: input", say, gates("i"));
    ui.slider("o", "gates: output", say, gates("o"));

    return (state) => {
      const { at, kind, weight, f, i, o } = state;
      const inputs = inputsOf(state);
      const run = kind === "plain" ? plain(weight, inputs) : gated({ f, i, o }, inputs);
      const bar = (value, index) => draw("rect", {
        class: value < 0 ? "nn-no" : "nn-yes", "stroke-width": index + 1 === at ? 2.5 : 0.8,
        x: states.x(index + 0.65), width: states.x(1.7) - states.x(1), y: states.y(Math.max(0, value)), height: states.y(Math.min(0, value)) - states.y(Math.max(0, value)),
      });
      const mark = (plot, [low, high]) => plot.path([[at, low], [at, high]], { class: "nn-thin", "stroke-dasharray": "2 3" });
      states.paint(mark(states, [-2, 2]), states.path([[0, 0], [STEPS + 1, 0]], { class: "nn-thin" }), run.states.map(bar));
      blames.paint(mark(blames, [FLOOR, 4]), blames.path([[0, 0], [STEPS + 1, 0]], { class: "nn-thin", "stroke-width": 0.6 }),
        run.blames.map((value, index) => (value === 0 ? [] : blames.dot(index + 1, power(value), { r: index + 1 === at ? 5 : 3, fill: "var(--nn-blue)" }))));
      (kind === "plain" ? plainCell : gatedCell)(inside, run, inputs, state);
      const left = Math.abs(run.blames[0] / run.blames.at(-1));
      const verdict = Number.isNaN(left) || run.blames.every((value) => value === 0) ? "nothing is shown, so nothing gets back"
        : !Number.isFinite(left) ? "only the first step was written" : left > 10 ? "it explodes" : left < 0.001 ? "next to no blame reaches the first step" : "the blame still reaches the first step";
      return `Step ${at}: the state is ${brief(run.states[at - 1])}, after ${brief(run.states[0])} at step 1; at step ${STEPS} it is ${brief(run.states.at(-1))}. `
        + `The last state's gradient is ${brief(run.blames.at(-1))} at step ${STEPS} and ${brief(run.blames[0])} at step 1: ${verdict}.`;
    };
  },
});
