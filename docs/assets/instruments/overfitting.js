/* A hundred epochs to leaf through: both losses, three shares, and each of the forty misprints with what the network says to it.
   The epochs are those of the page's own training, recorded at build; nothing between them is made up. */

import { draw, instrument, number, say, text } from "./kit.js";

/* What the network says to each example, one digit each, held against what is printed and what is true. */
export function count(said, printed, truth) {
  const found = { right: 0, misprints: 0, seenThrough: 0 };
  [...said].forEach((digit, index) => {
    const misprint = printed[index] !== truth[index];
    if (Number(digit) === printed[index]) found[misprint ? "misprints" : "right"] += 1;
    else if (misprint && Number(digit) === truth[index]) found.seenThrough += 1;
  });
  return found;
}

/* The first of the highest. */
export const best = (shares) => shares.indexOf(Math.max(...shares));

const LAST = 100;
const ACROSS = 10;

instrument("overfitting", {
  label: "A hundred epochs, to leaf through",
  hint: "Drag through the epochs, or play them, and watch what the network says to the misprints.",
  state: { epoch: number(LAST, 1, LAST, 1) },
  build(ui) {
    const { said, printed, truth, unseen, loss, validation } = ui.data;
    const misprinted = [...printed.keys()].filter((index) => printed[index] !== truth[index]);
    const counts = said.map((digits) => count(digits, printed, truth));
    const rights = printed.length - misprinted.length;
    const top = Math.ceil(Math.max(...loss, ...validation));
    const shape = { x: [0, LAST + 1], margin: [20, 10, 34, 40], height: 230 };
    const losses = ui.plot({ label: "Both losses", y: [0, top], ...shape });
    const shares = ui.plot({ label: "Three shares", y: [0, 1.05], ...shape });
    const tiles = ui.plot({ label: "What the network says to each misprint", look: "nn-flat", width: 340, height: 162 });
    losses.axes({ x: [1, 50, 100], y: Array.from({ length: top + 1 }, (_, at) => at), names: ["epoch", "loss"] });
    shares.axes({ x: [1, 50, 100], y: [0, 1], names: ["epoch", "share"] });
    losses.handle({
      label: "Epoch", low: 1, high: LAST, at: ({ epoch }) => [epoch, 0], move: (x) => ({ epoch: x }),
      keys: (steps, across, { epoch }) => ({ epoch: epoch + steps }), value: ({ epoch }) => epoch, words: ({ epoch }) => `epoch ${epoch}`,
    });
    for (const plot of [losses, shares]) plot.grab((x) => ({ epoch: x }));
    /* A name stands at its line, in the line's colour. */
    const line = (plot, values, look, name, at, shift, side = "nn-middle") => [
      plot.path(values.map((value, index) => [index + 1, value]), look),
      text(plot.x(at + 1), plot.y(values[at]) + shift, name, { class: `nn-halo nn-small-text ${side} ${look.class.replace("nn-", "nn-of-")}` }),
    ];
    const thin = { class: "nn-line", "stroke-width": 1.5 };
    const curves = [
      [losses, [line(losses, loss, { class: "nn-blue" }, "training", 60, -8), line(losses, validation, { class: "nn-orange" }, "validation", 60, -8)]],
      [shares, [
        line(shares, counts.map(({ right }) => right / rights), { class: "nn-blue" }, "right labels", 20, 15, "nn-start"),
        line(shares, counts.map(({ misprints }) => misprints / misprinted.length), { class: "nn-orange" }, "misprints", 40, 22, "nn-start"),
        line(shares, unseen, thin, "unseen digits", 80, 18),
      ]],
    ];
    ui.button("From the start", () => ({ epoch: 1 }));
    ui.button("Best epoch", () => ({ epoch: best(unseen) + 1 }));
    ui.play(({ epoch }) => (epoch < LAST ? { epoch: epoch + 1 } : null), 150);

    return ({ epoch }) => {
      const at = epoch - 1;
      for (const [plot, drawn] of curves) plot.paint(drawn, plot.path([[epoch, 0], [epoch, 9]], { class: "nn-thin", "stroke-dasharray": "2 3" }));
      tiles.paint(misprinted.map((index, place) => {
        const [x, y] = [(place % ACROSS) * 34 + 1, Math.floor(place / ACROSS) * 40 + 1];
        const digit = Number(said[at][index]);
        const fooled = digit === printed[index];
        const look = fooled ? "nn-no" : digit === truth[index] ? "nn-yes" : "nn-plain";
        return [
          draw("rect", { class: look, x, y, width: 31, height: 37, rx: 3 }),
          text(x + 15.5, y + 18, digit, { class: `nn-middle ${fooled ? "nn-strong" : ""}` }),
          text(x + 15.5, y + 31, `is ${truth[index]}`, { class: "nn-middle nn-tiny" }),
        ];
      }));
      const { right, misprints, seenThrough } = counts[at];
      return `Epoch ${epoch}: ${misprints} of ${misprinted.length} misprints repeated (dashed), ${seenThrough} read as what they are. `
        + `${right} of ${rights} right labels repeated, ${say(100 * unseen[at], 0)} % of the unseen digits read.`;
    };
  },
});
