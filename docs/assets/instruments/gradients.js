/* How much blame reaches each layer of a deep network, and how far one step moves it: depth, first weights, activation, batch norm, residual connections.
   The way back is read from left to right, as in the page's picture.
   Points and first weights are those of the page's block; the pass forward and back is made here at every change. */

import { instrument, number, oneOf, say, text } from "./kit.js";

/* Each activation's value and slope. */
const ACTIVATIONS = {
  sigmoid(z) { const value = z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)); return [value, value * (1 - value)]; },
  tanh(z) { const value = Math.tanh(z); return [value, 1 - value * value]; },
  ReLU: (z) => [Math.max(0, z), z > 0 ? 1 : 0],
};
const EPS = 1e-5;
const length = (rows) => Math.hypot(...rows.flat());
const columns = (rows, each) => rows[0].map((_, column) => each(rows.map((row) => row[column])));
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/* Each column to mean 0 and spread 1, and the way back through that. */
function normalise(rows) {
  const means = columns(rows, mean);
  const widths = columns(rows, (values) => { const middle = mean(values); return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) + EPS); });
  const values = rows.map((row) => row.map((value, column) => (value - means[column]) / widths[column]));
  const back = (blame) => {
    const shift = columns(blame, mean);
    const stretch = columns(blame.map((row, index) => row.map((value, column) => value * values[index][column])), mean);
    return blame.map((row, index) => row.map((value, column) => (value - shift[column] - values[index][column] * stretch[column]) / widths[column]));
  };
  return { values, back };
}

/* Forward and back once. `layers` are pairs of weights and biases, the output's last. `arrives` is the size of the gradient at each hidden
   layer's output, `asked` at each layer's weights and biases, `share` that of the weights and biases which a step of `eta` would change. */
export function pass(layers, points, labels, { activation, norm, skip, eta }) {
  const trace = [];
  let h = points;
  for (const [weights, biases] of layers) {
    const last = trace.length === layers.length - 1;
    const z = h.map((row) => weights.map((line, unit) => line.reduce((sum, weight, index) => sum + weight * row[index], biases[unit])));
    const normed = norm && !last ? normalise(z) : { values: z, back: (blame) => blame };
    const bent = normed.values.map((row) => row.map((value) => (last ? [value, 1] : ACTIVATIONS[activation](value))));
    const around = skip && !last && h[0].length === weights.length;
    const out = bent.map((row, index) => row.map(([value], unit) => value + (around ? h[index][unit] : 0)));
    trace.push({ weights, biases, given: h, normed, bent, around });
    h = out;
  }
  const count = points.length;
  let loss = 0;
  let blame = h.map(([out], index) => {
    const way = labels[index][0] === 1 ? -1 : 1;
    const small = Math.exp(-Math.abs(out));
    loss += (Math.log1p(small) + Math.max(0, way * out)) / count;
    return [(way * (way * out > 0 ? 1 : small)) / (1 + small) / count];
  });
  const [arrives, asked, share] = [[], [], []];
  for (const { weights, biases, given, normed, bent, around } of trace.reverse()) {
    const dz = normed.back(blame.map((row, index) => row.map((value, unit) => value * bent[index][unit][1])));
    const slopes = weights.map((line, unit) => [
      ...line.map((_, column) => dz.reduce((sum, row, index) => sum + row[unit] * given[index][column], 0)),
      dz.reduce((sum, row) => sum + row[unit], 0),
    ]);
    blame = given.map((row, index) => row.map((_, column) => dz[index].reduce((sum, value, unit) => sum + value * weights[unit][column], around ? blame[index][column] : 0)));
    asked.unshift(length(slopes));
    share.unshift((eta * asked[0]) / length([weights.flat(), biases]));
    arrives.unshift(length(blame));
  }
  /* What would arrive at the inputs, no layer is there to hear. */
  return { loss, arrives: arrives.slice(1), asked, share };
}

const MOST = 10;
const LOWEST = -12;
const HIGHEST = 4;
const ETA = 0.3;
const power = (value) => (value > 0 ? Math.max(LOWEST, Math.min(HIGHEST, Math.log10(value))) : LOWEST);

/* As a page prints it: in digits where there are few, else as a power of ten. */
function brief(value) {
  if (value === 0 || (value >= 0.01 && value < 1000)) return say(value, value < 10 ? 2 : 0);
  return Number.isFinite(value) ? value.toExponential(0).replace("-", "−").replace("e+", "e") : say(value);
}

instrument("gradients", {
  label: "The way back through a deep network, to try",
  hint: "What arrives at each layer, and how far a step moves its weights.",
  state: {
    depth: number(MOST, 2, MOST, 1), scale: oneOf([0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 8, 16], 1),
    activation: oneOf(Object.keys(ACTIVATIONS)), norm: oneOf(["no", "yes"]), skip: oneOf(["no", "yes"]),
  },
  build(ui) {
    const { points, labels, layers } = ui.data;
    const margin = [20, 12, 36, 40];
    const y = [LOWEST, HIGHEST];
    const heard = ui.plot({ label: "The gradient at each hidden layer", x: [MOST + 0.5, 0.5], y, margin });
    const moved = ui.plot({ label: "How far one step moves each layer", x: [MOST + 1.5, 0.5], y, margin });
    heard.axes({ names: ["hidden layer, seen from the output", "gradient that arrives"] });
    moved.axes({ names: ["layer, seen from the output", "one step moves the weights by"] });
    const ticks = (plot, layers) => plot.note(
      [4, 0, -4, -8, -12].map((at) => text(plot.box.left - 6, plot.y(at) + 4, at === 0 ? "1" : `1e${say(at, 0)}`, { class: "nn-tick nn-end" })),
      layers.map((name, index) => text(plot.x(index + 1), plot.box.bottom + 16, name, { class: "nn-tick" })),
    );
    ui.slider("depth", "hidden layers", String);
    ui.slider("scale", "first weights ×", String);
    ui.choice("activation", "activation");
    ui.choice("norm", "batch norm");
    ui.choice("skip", "residual");

    return ({ depth, scale, activation, norm, skip }) => {
      const chosen = [...layers.slice(0, depth).map(([weights, biases]) => [weights.map((row) => row.map((weight) => weight * scale)), biases]), layers.at(-1)];
      const { arrives, share } = pass(chosen, points, labels, { activation, norm: norm === "yes", skip: skip === "yes", eta: ETA });
      const line = (plot, values, dotted) => [
        plot.path([[0, 0], [MOST + 2, 0]], { class: "nn-thin", "stroke-width": 0.6 }),
        plot.path(values.map((value, index) => [index + 1, power(value)]), { class: dotted ? "nn-orange" : "nn-blue" }),
        values.map((value, index) => plot.dot(index + 1, power(value), { r: 4, fill: `var(--nn-${dotted ? "orange" : "blue"})` })),
      ];
      const hidden = arrives.map((_, index) => index + 1);
      ticks(heard, hidden);
      ticks(moved, [...hidden, "out"]);
      const lost = arrives[0] < 1e-3 * arrives.at(-1);
      heard.paint(line(heard, arrives, lost), [[depth, arrives.at(-1), "nn-start"], [1, arrives[0], "nn-end"]].map(([layer, value, look]) =>
        text(heard.x(layer) + (look === "nn-end" ? 6 : -6), heard.y(Math.min(HIGHEST - 1.5, power(value))) - 10, brief(value), { class: `nn-halo ${look}` })));
      moved.paint(line(moved, share, share[0] < 1e-6));
      const words = share[0] < 1e-6 ? "too little to learn" : share.some((value) => !(value < 1)) ? "too far, as a layer moves by more than its size" : "enough to learn";
      return `At layer ${depth} a gradient of ${brief(arrives.at(-1))} arrives, at layer 1 one of ${brief(arrives[0])}. `
        + `One step of ${ETA} moves layer 1 by ${brief(share[0])} times its size: ${words}.`;
    };
  },
});
