/* A curve built of hats whose heights can be dragged, and a strip of paper to fold: what one layer can follow, and what depth can do.
   It starts as the page's chain of twelve parts, with every corner on the curve. */

import { instrument, number, oneOf, say, text } from "./kit.js";

const [FROM, TO] = [-3, 3];
const FINE = 6000;

export const curve = (x) => Math.sin(2 * x) + x / 3;

/* A sum of hats: each corner has its height, and between two of them it is straight. */
export function chain(heights, x) {
  const parts = heights.length - 1;
  const place = ((x - FROM) / (TO - FROM)) * parts;
  const left = Math.min(parts - 1, Math.max(0, Math.floor(place)));
  return heights[left] + (place - left) * (heights[left + 1] - heights[left]);
}

/* How far the chain is from the curve at its worst place, and where that is. */
export function worst(heights) {
  let found = { error: -1, at: FROM };
  for (let step = 0; step <= FINE; step += 1) {
    const at = FROM + ((TO - FROM) * step) / FINE;
    const error = Math.abs(chain(heights, at) - curve(at));
    if (error > found.error) found = { error, at };
  }
  return found;
}

/* The tent of two ReLUs, applied to its own result again and again. */
export function folded(x, times) {
  for (let count = 0; count < times; count += 1) x = Math.max(0, 2 * x) - Math.max(0, 4 * x - 2);
  return x;
}

const PARTS = [2, 4, 8, 12, 16, 32, 64];
/* Corners that a finger can still tell apart. */
const HANDLES = 13;
const MOST_FOLDS = 6;
const corner = (index, parts) => FROM + ((TO - FROM) * index) / parts;
const keys = Array.from({ length: HANDLES }, (_, index) => `d${index}`);
const on = Object.fromEntries(keys.map((key) => [key, 0]));

instrument("why-it-works", {
  label: "Hats and folds, to try",
  hint: "Drag the tops of the hats, change their number, and fold the strip.",
  state: { parts: oneOf(PARTS, 12), folds: number(3, 0, MOST_FOLDS, 1), ...Object.fromEntries(keys.map((key) => [key, number(0, -2, 2, 0.05)])) },
  build(ui) {
    const margin = [20, 10, 36, 30];
    const hill = ui.plot({ label: "The curve and the chain", x: [FROM - 0.2, TO + 0.2], y: [-3, 3], margin });
    const strip = ui.plot({ label: "The folded strip", x: [0, 1], y: [0, 1.1], margin });
    hill.axes({ x: [-3, 0, 3], y: [-2, 0, 2], names: ["x", ""] });
    strip.axes({ x: [0, 0.5, 1], y: [0, 0.5, 1], names: ["x", "the folded strip"], digits: 1 });
    const heightsOf = (state) => Array.from({ length: state.parts + 1 }, (_, index) => curve(corner(index, state.parts)) + (state.parts < HANDLES ? state[`d${index}`] : 0));
    keys.forEach((key, index) => hill.handle({
      label: `Hat ${index + 1}`, low: -3, high: 3, shown: ({ parts }) => parts < HANDLES && index <= parts,
      at: (state) => [corner(index, state.parts), curve(corner(index, state.parts)) + state[key]],
      move: (x, y, { parts }) => ({ [key]: y - curve(corner(index, parts)) }),
      keys: (steps, across, state) => ({ [key]: state[key] + steps * 0.05 }),
      value: (state) => Math.max(-3, Math.min(3, curve(corner(index, state.parts)) + state[key])),
      words: (state) => `height ${say(curve(corner(index, state.parts)) + state[key])} at ${say(corner(index, state.parts))}`,
    }));
    ui.slider("parts", "parts", String, () => on);
    ui.slider("folds", "folds", String);
    ui.button("Onto the curve", () => on);
    ui.button("Fold", ({ folds }) => ({ folds: folds + 1 }), ({ folds }) => folds < MOST_FOLDS);

    return (state) => {
      const { parts, folds } = state;
      const heights = heightsOf(state);
      const { error, at } = worst(heights);
      const width = (TO - FROM) / parts;
      const corners = heights.map((height, index) => [corner(index, parts), height]);
      hill.paint(
        hill.path([[FROM, 0], [TO, 0]], { class: "nn-axis" }),
        parts < HANDLES ? corners.map(([x, height]) => hill.path([[x - width, 0], [x, height], [x + width, 0]], { class: "nn-thin", "stroke-width": 0.7 })) : [],
        hill.curve(curve, { class: "nn-blue" }, 160, [FROM, TO]),
        hill.path(corners, { class: "nn-orange" }),
        hill.path([[at, curve(at)], [at, chain(heights, at)]], { class: "nn-line", "stroke-width": 4 }),
      );
      hill.note(
        text(hill.x(-2.9), 34, "the curve, solid"), text(hill.x(-2.9), 50, "the hats added up, dashed"),
      );
      const pieces = 2 ** folds;
      strip.paint(strip.path(Array.from({ length: pieces + 1 }, (_, index) => [index / pieces, folded(index / pieces, folds)]), { class: "nn-blue" }));
      return `${parts} parts: at worst ${say(error, 4)} from the curve, near x = ${say(at)}. `
        + `${folds} ${folds === 1 ? "fold" : "folds"}: ${2 * folds} units make ${pieces} straight ${pieces === 1 ? "piece" : "pieces"}; one layer needs at least ${pieces - 1}.`;
    };
  },
});
