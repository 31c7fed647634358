/* A network of two inputs, three hidden neurons and one output, every number of which can be changed where it stands.
   It starts as the page's second network, with its silent neuron. */

import { draw, instrument, number, say, text } from "./kit.js";

/* The totals and outputs of the hidden layer, and those of the output neuron. Each row of `hidden` holds the weights of one neuron. */
export function forward({ hidden, biases, output, bias }, inputs) {
  const dot = (weights, values) => weights.reduce((sum, weight, index) => sum + weight * values[index], 0);
  const z = hidden.map((weights, index) => dot(weights, inputs) + biases[index]);
  const h = z.map((total) => Math.max(0, total));
  const out = dot(output, h) + bias;
  const small = Math.exp(-Math.abs(out));
  return { z, h, out, answer: (out < 0 ? small : 1) / (1 + small) };
}

const START = {
  x1: 0.7, x2: 0.2,
  w11: 0.4, w12: 0.3, w21: -0.5, w22: 0.8, w31: 0.1, w32: -0.2,
  b1: 0.1, b2: -0.3, b3: 0.05,
  v1: 0.6, v2: -0.9, v3: 0.4, c: 0.2,
};
const SUBSCRIPTS = ["₁", "₂", "₃"];
const NEURONS = [0, 1, 2];
const INPUT = [[32, 100], [32, 240]];
const HIDDEN = [[192, 46], [192, 166], [192, 286]];
const OUTPUT = [306, 166];

/* Past where the lines cross, so that each box stands on one line only. */
const NEAR_ITS_NEURON = 0.7;

const between = ([x0, y0], [x1, y1], share) => [x0 + (x1 - x0) * share, y0 + (y1 - y0) * share];

function network(state) {
  const pick = (...names) => names.map((name) => state[name]);
  const weights = {
    hidden: NEURONS.map((n) => pick(`w${n + 1}1`, `w${n + 1}2`)), biases: pick("b1", "b2", "b3"), output: pick("v1", "v2", "v3"), bias: state.c,
  };
  return { ...weights, ...forward(weights, pick("x1", "x2")) };
}

const wire = (from, to, weight, silent) => draw("path", {
  class: silent ? "nn-thin" : weight < 0 ? "nn-orange" : "nn-blue", d: `M${from}L${to}`, "stroke-width": silent ? 1 : 1 + 2 * Math.abs(weight), "stroke-dasharray": silent ? "1 4" : undefined,
});

const unit = ([x, y], value, silent) => [
  draw("circle", { class: silent ? "nn-hollow" : "nn-yes", cx: x, cy: y, r: 21 }),
  text(x, y + 4.5, value, { class: `nn-middle ${silent ? "nn-quiet" : "nn-strong"}` }),
];

instrument("layers", {
  label: "A network, to try",
  hint: "Drag any number sideways, or change it with the arrow keys.",
  state: Object.fromEntries(Object.entries(START).map(([key, value]) => [key, key[0] === "x" ? number(value, 0, 1, 0.05) : number(value, -2, 2, 0.05)])),
  build(ui) {
    const plot = ui.plot({ label: "The network and its numbers", width: 340, height: 350 });
    const sums = ui.plot({ label: "What each neuron computes", width: 340, height: 300 });
    const ordinal = ["first", "second", "third"];
    for (const i of [0, 1]) plot.knob(`x${i + 1}`, ...INPUT[i], { label: `${ordinal[i]} input` });
    for (const n of NEURONS) {
      for (const i of [0, 1]) plot.knob(`w${n + 1}${i + 1}`, ...between(INPUT[i], HIDDEN[n], NEAR_ITS_NEURON), { label: `weight from the ${ordinal[i]} input to the ${ordinal[n]} hidden neuron` });
      plot.knob(`b${n + 1}`, HIDDEN[n][0], HIDDEN[n][1] + 38, { label: `bias of the ${ordinal[n]} hidden neuron` });
    }
    for (const n of NEURONS) plot.knob(`v${n + 1}`, ...between(HIDDEN[n], OUTPUT, 0.52), { label: `weight from the ${ordinal[n]} hidden neuron to the output` });
    plot.knob("c", OUTPUT[0], OUTPUT[1] + 38, { label: "bias of the output" });
    ui.button("Swap the inputs", ({ x1, x2 }) => ({ x1: x2, x2: x1 }));

    return (state) => {
      const { hidden, output, z, h, out, answer } = network(state);
      const silent = z.map((total) => total <= 0);
      plot.paint(
        NEURONS.flatMap((n) => [
          ...[0, 1].map((i) => wire(INPUT[i], HIDDEN[n], hidden[n][i], false)),
          wire(HIDDEN[n], OUTPUT, output[n], silent[n]),
        ]),
        NEURONS.flatMap((n) => unit(HIDDEN[n], say(h[n]), silent[n])),
        unit(OUTPUT, say(answer), false),
        text(INPUT[0][0], INPUT[0][1] - 17, "x₁", { class: "nn-middle" }),
        text(INPUT[1][0], INPUT[1][1] - 17, "x₂", { class: "nn-middle" }),
        text(OUTPUT[0], OUTPUT[1] - 28, "ŷ", { class: "nn-middle" }),
      );
      const product = (a, b) => `${say(a)} × ${say(b)}`;
      const plus = (value) => (value < 0 ? `− ${say(-value)}` : `+ ${say(value)}`);
      const rows = NEURONS.map((n) => [
        `z${SUBSCRIPTS[n]} = ${product(state.x1, hidden[n][0])} + ${product(state.x2, hidden[n][1])} ${plus(state[`b${n + 1}`])} = ${say(z[n])}`,
        `h${SUBSCRIPTS[n]} = max(0, ${say(z[n])}) = ${say(h[n])}${silent[n] ? ", silent" : ""}`,
      ]);
      rows.push([
        `z = ${NEURONS.map((n) => product(h[n], output[n])).join(" + ")} ${plus(state.c)}`,
        `z = ${say(out, 3)}, ŷ = sigmoid(z) = ${say(answer, 4)}`,
      ]);
      sums.paint(rows.flatMap(([sum, result], row) => [
        text(0, 24 + row * 76, sum, { class: "nn-small-text" }),
        text(0, 46 + row * 76, result, { class: "nn-strong" }),
      ]));
      const quiet = NEURONS.filter((n) => silent[n]).map((n) => ordinal[n]);
      const who = ["No hidden neuron is silent", `The ${quiet[0]} hidden neuron is silent`, `The ${quiet.join(" and the ")} hidden neurons are silent`, "All three hidden neurons are silent, so only the last bias speaks"];
      return `${who[quiet.length]}: the output's total is ${say(out, 3)}, the answer ${say(answer, 4)}.`;
    };
  },
});
