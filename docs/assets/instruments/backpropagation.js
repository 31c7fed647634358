/* The fruit network as a graph of its calculations, to be walked forwards and backwards one stage at a time.
   Beside it stands what the blame is for: each weight's gradient, a nudge that measures the same, and a step. */

import { draw, instrument, number, oneOf, say, text } from "./kit.js";

const FRUIT = [0.9, 0.8];
const ETA = 0.1;
const NUDGE = 0.01;

const dot = (weights, values) => weights.reduce((sum, weight, index) => sum + weight * values[index], 0);

export function forward({ W, b, v, c }, x, y) {
  const z = W.map((row, unit) => dot(row, x) + b[unit]);
  const h = z.map((total) => Math.max(0, total));
  const z3 = dot(v, h) + c;
  const prediction = 1 / (1 + Math.exp(-z3));
  return { z, h, z3, prediction, loss: -Math.log(y === 1 ? prediction : 1 - prediction) };
}

/* The gradient of the loss at every place of the graph, from the loss back to the weights. */
export function backward(weights, x, y) {
  const { z, h, prediction } = forward(weights, x, y);
  const atPrediction = y === 1 ? -1 / prediction : 1 / (1 - prediction);
  const z3 = atPrediction * prediction * (1 - prediction);
  const atH = weights.v.map((weight) => z3 * weight);
  const atZ = atH.map((blame, unit) => (z[unit] > 0 ? blame : 0));
  return { prediction: atPrediction, z3, v: h.map((value) => z3 * value), c: z3, h: atH, z: atZ, W: atZ.map((blame) => x.map((value) => blame * value)), b: atZ };
}

/* The nine weights and biases as one list, in the order of the page, and back. */
const flat = ({ W, b, v, c }) => [...W.flat(), ...b, ...v, c];
const unflat = ([w11, w12, w21, w22, b1, b2, v1, v2, c]) => ({ W: [[w11, w12], [w21, w22]], b: [b1, b2], v: [v1, v2], c });

/* How the loss changes when one of the nine is nudged, up a little and down a little. */
export function nudge(weights, index, size, x, y) {
  const [up, down] = [1, -1].map((way) => {
    const moved = flat(weights);
    moved[index] += way * size;
    return forward(unflat(moved), x, y).loss;
  });
  return (up - down) / (2 * size);
}

/* Each of the nine against its own gradient. */
export function step(weights, x, y, eta) {
  const blame = flat(backward(weights, x, y));
  return unflat(flat(weights).map((weight, index) => weight - eta * blame[index]));
}

const KEYS = ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"];
const NAMES = ["w₁₁", "w₁₂", "w₂₁", "w₂₂", "b₁", "b₂", "v₁", "v₂", "c"];
const STARTS = [0.4, 0.3, -0.4, 0.8, 0, 0, 0.5, -0.3, 0.1];
const KNOBS = [[30, 32], [86, 32], [200, 32], [256, 32], [142, 32], [312, 32], [44, 224], [296, 224], [296, 290]];
const LAST = 11;
/* Boxes of the graph: their middle, the stage at which their value is reached, and that of their gradient. */
const BOXES = { z1: [86, 106, 1, 10], z2: [256, 106, 1, 10], h1: [86, 164, 2, 9], h2: [256, 164, 2, 9], z3: [170, 236, 3, 8], prediction: [170, 296, 4, 7], loss: [170, 356, 5, 6] };
const LABELS = { z1: "z₁", z2: "z₂", h1: "h₁", h2: "h₂", z3: "z₃", prediction: "ŷ", loss: "L" };
const WIRES = [["z1", "h1"], ["z2", "h2"], ["h1", "z3"], ["h2", "z3"], ["z3", "prediction"], ["prediction", "loss"]];

function sentence(stage, { W, b, v, c }, y, now, blame) {
  const s = (value) => say(value, 3);
  const [redness, roundness] = FRUIT;
  const gate = (unit) => (now.z[unit] > 0 ? "1, as it is open" : "0, as it is closed");
  return [
    "Nothing has been computed yet: press Forward.",
    `Forward: z₁ = ${say(W[0][0])} × ${redness} + ${say(W[0][1])} × ${roundness} + ${say(b[0])} = ${say(now.z[0])}, and z₂ = ${say(now.z[1])} likewise.`,
    `ReLU makes ${say(now.z[0])} into h₁ = ${say(now.h[0])} and ${say(now.z[1])} into h₂ = ${say(now.h[1])}.`,
    `z₃ = ${say(v[0])} × ${say(now.h[0])} + ${say(v[1])} × ${say(now.h[1])} + ${say(c)} = ${s(now.z3)}.`,
    `The sigmoid makes the answer ŷ = ${s(now.prediction)} of it.`,
    `The truth is ${y}, so the loss is L = −ln ${y === 1 ? s(now.prediction) : `(1 − ${s(now.prediction)})`} = ${s(now.loss)}.`,
    "Backward: the loss moves with itself by 1.",
    `Ratio of this step: L moves with ŷ by ${y === 1 ? "−1 / ŷ" : "1 / (1 − ŷ)"}, so the gradient of ŷ is ${s(blame.prediction)}.`,
    `Ratio of this step: ŷ moves with z₃ by ŷ (1 − ŷ) = ${s(now.prediction * (1 - now.prediction))}. Multiplied: ${s(blame.z3)}, prediction minus truth.`,
    `Ratios: z₃ moves with h₁ by v₁ = ${say(v[0])}, with v₁ by h₁ = ${say(now.h[0])}. So h₁ gets ${s(blame.h[0])} and v₁ ${s(blame.v[0])}; c is just added.`,
    `Ratio of a ReLU: for the first ${gate(0)}, for the second ${gate(1)}. The totals get ${s(blame.z[0])} and ${s(blame.z[1])}.`,
    `Ratio of this step: z₁ moves with w₁₁ by the redness, ${redness}. So w₁₁ gets ${redness} × ${s(blame.z[0])} = ${s(blame.W[0][0])}. The loss is ${s(now.loss)}.`,
  ][stage];
}

instrument("backpropagation", {
  label: "Backpropagation, to try",
  hint: "Step through the graph. Drag any weight sideways to change it.",
  state: {
    ...Object.fromEntries(KEYS.map((key, index) => [key, number(STARTS[index], -2, 2, 0.05, 0.000001)])),
    y: oneOf([1, 0]), stage: number(LAST, 0, LAST, 1), which: oneOf(NAMES),
  },
  build(ui) {
    const graph = ui.plot({ label: "The graph of the calculation", width: 340, height: 384 });
    const table = ui.plot({ label: "The weights and their gradients", width: 340, height: 384 });
    KEYS.forEach((key, index) => graph.knob(key, ...KNOBS[index], { label: NAMES[index] }));
    ui.slider("stage", "stage", (stage) => (stage <= 5 ? `there ${stage}` : `back ${stage - 5}`));
    ui.slider("which", "weight to nudge", String);
    ui.choice("y", "the truth is", { 1: "1: apple", 0: "0: none" });
    const weightsOf = (state) => unflat(KEYS.map((key) => state[key]));
    ui.button("Back", ({ stage }) => ({ stage: stage - 1 }), ({ stage }) => stage > 0);
    ui.button("Forward", ({ stage }) => ({ stage: stage + 1 }), ({ stage }) => stage < LAST);
    ui.button("Update", (state) => {
      const moved = flat(step(weightsOf(state), FRUIT, state.y, ETA));
      return { stage: LAST, ...Object.fromEntries(KEYS.map((key, index) => [key, moved[index]])) };
    });

    return (state) => {
      const { y, stage, which } = state;
      const weights = weightsOf(state);
      const [now, blame] = [forward(weights, FRUIT, y), backward(weights, FRUIT, y)];
      const values = { z1: now.z[0], z2: now.z[1], h1: now.h[0], h2: now.h[1], z3: now.z3, prediction: now.prediction, loss: now.loss };
      const blames = { z1: blame.z[0], z2: blame.z[1], h1: blame.h[0], h2: blame.h[1], z3: blame.z3, prediction: blame.prediction, loss: 1 };
      const weighed = flat(blame);
      const known = (index) => stage >= (index < 6 ? 11 : 9);
      graph.paint(
        WIRES.map(([from, to]) => draw("path", { class: "nn-thin", d: `M${BOXES[from][0]} ${BOXES[from][1] + 16}L${BOXES[to][0]} ${BOXES[to][1] - 16}` })),
        KNOBS.map(([x, at], index) => {
          if (index > 5) return draw("path", { class: "nn-thin", d: `M${x} ${at}L${BOXES.z3[0]} ${BOXES.z3[1]}` });
          /* Below its gradient, to the upper edge of the box. */
          const [bx, by] = BOXES[[0, 1, 4].includes(index) ? "z1" : "z2"];
          return draw("path", { class: "nn-thin", d: `M${x} ${at + 32}L${bx + (x - bx) / 2} ${by - 16}` });
        }),
        Object.entries(BOXES).flatMap(([key, [x, at, ahead, back]]) => [
          draw("rect", { class: stage === ahead || stage === back ? "nn-yes" : "nn-plain", x: x - 66, y: at - 16, width: 132, height: 32, rx: 4 }),
          text(x - 60, at + 4.5, LABELS[key], { class: "nn-quiet" }),
          text(x + 2, at + 4.5, stage >= ahead ? say(values[key], 3) : "?", { class: "nn-end" }),
          text(x + 60, at + 4.5, stage >= back ? say(blames[key], 3) : "", { class: "nn-end nn-strong nn-orange-text" }),
        ]),
        KNOBS.flatMap(([x, at], index) => [
          text(x, at - 16, NAMES[index], { class: "nn-tick nn-halo" }),
          text(x, at + 26, known(index) ? say(weighed[index], 3) : "", { class: "nn-middle nn-strong nn-orange-text nn-halo nn-small-text" }),
        ]),
      );
      const chosen = NAMES.indexOf(which);
      const after = flat(step(weights, FRUIT, y, ETA));
      const moved = forward(unflat(after), FRUIT, y);
      const columns = [[0, ""], [128, "nn-end"], [222, "nn-end"], [330, "nn-end"]];
      const row = (at, cells, look = "") => cells.map((cell, index) => text(columns[index][0], at, cell, { class: `${columns[index][1]} ${look}` }));
      table.paint(
        row(22, ["", "value", "gradient", `step η = ${ETA}`], "nn-quiet"),
        NAMES.map((name, index) => row(48 + index * 25, [name, say(flat(weights)[index], 3), known(index) ? say(weighed[index], 4) : "?", stage === LAST ? say(after[index], 4) : "?"], index === chosen ? "nn-strong" : "")),
        text(0, 288, `${which} nudged by ${NUDGE} up and down:`),
        text(0, 310, `the loss changes ${say(nudge(weights, chosen, NUDGE, FRUIT, y), 4)} times as much`, { class: "nn-strong" }),
        text(0, 342, `Update would take the loss from ${say(now.loss, 3)} to ${say(moved.loss, 3)}`),
        text(0, 364, `and the answer from ${say(now.prediction, 3)} to ${say(moved.prediction, 3)}.`),
      );
      return sentence(stage, weights, y, now, blame);
    };
  },
});
