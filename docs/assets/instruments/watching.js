/* Four illnesses, each in six doses, from none to strong; of the step size the fourth is healthy: the vital signs of every run, and what `diagnose` has found.
   All of them were trained and recorded by `nnlib` when the page was built; between two doses nothing is made up. */

import { draw, instrument, make, number, oneOf, say, text } from "./kit.js";

const DOSES = {
  step: [0.00001, 0.001, 0.05, 0.5, 5, 50],
  bias: [0, -0.5, -1, -1.5, -3, -5],
  weights: [1, 3, 10, 20, 30, 100],
  inputs: [1, 3, 10, 30, 100, 300],
};
const WORDS = {
  step: (dose) => `step size ${dose}`,
  bias: (dose) => `biases start at ${say(dose, 1)}`,
  weights: (dose) => `sigmoids, first weights × ${dose}, step size 0.1`,
  inputs: (dose) => `inputs ${dose} × (x + 3), step size 0.01`,
};
const HEALTHY = { step: 3 };
const LAST = 200;
const STEPS = [0, Math.log10(LAST)];
const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (exponent) => `10${exponent < 0 ? "⁻" : ""}${DIGITS[Math.abs(exponent)]}`;

/* What a run's numbers are on a scale of powers; a zero has no place there. */
export const powers = (row) => row.map((value) => (value > 0 ? Math.log10(value) : null));

/* Pieces of a row that have a place, with their steps counted from 1, as powers too. */
export function pieces(row, steps) {
  const found = [[]];
  row.forEach((value, at) => {
    if (value === null) found.push([]); else found.at(-1).push([Math.log10(steps[at] + 1), value]);
  });
  return found.filter((piece) => piece.length);
}

instrument("watching", {
  label: "Four illnesses, to try",
  hint: "Choose an illness and how strong it is: each time a fresh network is watched for 200 steps. A step size of 0.5 is the healthy run.",
  state: { illness: oneOf(Object.keys(DOSES)), dose: number(HEALTHY.step, 0, 5, 1) },
  build(ui) {
    const { steps, runs } = ui.data;
    const panel = (label, [low, high], ticks, said = power) => {
      const plot = ui.plot({ label, look: "nn-small", width: 180, height: 180, x: STEPS, y: [low, high], margin: [22, 6, 20, 34] });
      plot.axes({ names: ["", label] });
      plot.note(
        ticks.map((value) => text(30, plot.y(value) + 4, said(value), { class: "nn-tick nn-end" })),
        [1, 10, 100].map((step) => text(plot.x(Math.log10(step)), 176, step, { class: "nn-tick" })),
        text(174, 156, "step", { class: "nn-quiet nn-tiny nn-end" }),
      );
      return plot;
    };
    const loss = panel("loss", [-2, 2.5], [-2, 0, 2]);
    const spread = panel("spread of outputs", [-2, 3], [-2, 0, 2]);
    const stuck = panel("stuck units", [0, 1], [0, 0.5, 1], (value) => say(value, 1));
    const updates = panel("update / weight", [-8, 2], [-8, -5, -2, 1]);
    const found = ui.drawings.appendChild(make("ul", { class: "nn-found" }));
    ui.choice("illness", "illness", { step: "step size", bias: "sunk biases", weights: "large weights", inputs: "unscaled inputs" }, (illness) => ({ dose: HEALTHY[illness] ?? 0 }));
    ui.slider("dose", "how strong", (dose) => String(DOSES[ui.state.illness][dose]));
    const LOOKS = ["nn-blue", "nn-orange", "nn-line"];
    const lines = (plot, rows) => rows.map((row, at) => pieces(row, steps).map((piece) => plot.path(piece, { class: LOOKS[at] })));
    /* The names have a place of their own: lines may lie upon one another. */
    const key = (...names) => names.map((name, at) => [
      draw("path", { class: LOOKS[at], d: `M${36 + 48 * at} 29h8` }),
      text(46 + 48 * at, 32, name, { class: "nn-halo nn-tiny" }),
    ]);
    const across = (plot, value) => plot.path([[STEPS[0], value], [STEPS[1], value]], { class: "nn-thin", "stroke-dasharray": "2 3" });

    return ({ illness, dose }) => {
      const run = runs[illness][dose];
      const [input, ...layers] = run.spread;
      loss.paint(across(loss, Math.log10(Math.log(2))), text(loss.x(0) + 3, loss.y(Math.log10(Math.log(2))) - 4, "guessing", { class: "nn-quiet nn-tiny" }), lines(loss, [powers(run.loss)]));
      spread.paint(lines(spread, [powers(layers[1]), powers(layers[2]), powers(input)]), key("hidden", "output", "input"));
      stuck.paint(across(stuck, 0.5), lines(stuck, [run.stuck]));
      updates.paint(
        draw("rect", { x: 34, y: updates.y(-2), width: 140, height: updates.y(-3) - updates.y(-2), fill: "var(--nn-soft_green)" }),
        across(updates, -1), across(updates, -5),
        lines(updates, run.updates.map(powers)),
        key("layer 0", "layer 2"),
      );
      found.replaceChildren(...run.found.map(([, words]) => make("li", {}, words)));
      const verdict = run.found.map(([kind]) => kind).join(", ") || "nothing";
      const usual = run.usual.map((ratio) => (ratio < 0.0001 ? "next to 0" : say(ratio, 4)));
      return `With ${WORDS[illness](DOSES[illness][dose])}, diagnose() finds ${verdict}. Loss after ${LAST} steps ${say(run.loss.at(-1) ?? NaN, 2)}; usual update / weight ${usual[0]} and ${usual[1]}.`;
    };
  },
});
