/* The activations of the page's picture under one hand: what each makes of the same total, and how steep it is there.
   The slope is what a correction is multiplied by on its way back, so the sentence speaks of that. */

import { draw, instrument, number, say, text } from "./kit.js";

/* The part of a bell curve that lies below z. Below zero it is a small difference of large numbers, and past 3 a continued fraction keeps its digits. */
function bellBelow(z) {
  const x = Math.abs(z) / Math.SQRT2;
  let tail;
  if (x < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; term > 1e-18 * sum; n += 1) sum += term *= (2 * x * x) / (2 * n + 1);
    tail = 0.5 - (sum * Math.exp(-x * x)) / Math.sqrt(Math.PI);
  } else {
    let fraction = x;
    for (let n = 60; n > 0; n -= 1) fraction = x + n / 2 / fraction;
    tail = Math.exp(-x * x) / (2 * fraction * Math.sqrt(Math.PI));
  }
  return z < 0 ? tail : 1 - tail;
}

/* Each gives the value at z and the slope there. */
export const relu = (z) => [Math.max(0, z), z > 0 ? 1 : 0];

export function sigmoid(z) {
  const small = Math.exp(-Math.abs(z));
  const [low, high] = [small / (1 + small), 1 / (1 + small)];
  return [z < 0 ? low : high, low * high];
}

export function tanh(z) {
  const value = Math.tanh(z);
  return [value, 1 - value * value];
}

export function gelu(z) {
  const below = bellBelow(z);
  return [z * below, below + (z * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)];
}

export const leaky = (z) => (z > 0 ? [z, 1] : [0.1 * z, 0.1]);
export const none = (z) => [z, 1];

const FUNCTIONS = { sigmoid, tanh, ReLU: relu, "leaky ReLU (0.1)": leaky, GELU: gelu, none };
const REACH = 4;
/* A slope may jump at zero; no stroke joins its two sides. */
const SIDES = [[-REACH, 0], [1e-9, REACH]];

instrument("activations", {
  label: "Activations, to try",
  hint: "Drag in any panel, or move the slider. Solid: what the function gives. Dashed: its slope. The thin line touches the solid curve at the dot.",
  state: { z: number(1, -REACH, REACH, 0.1) },
  build(ui) {
    const panels = Object.entries(FUNCTIONS).map(([name, f]) => {
      const plot = ui.plot({ label: name, look: "nn-small", width: 165, height: 200, x: [-REACH, REACH], y: [-1.2, 4.2], margin: [20, 6, 44, 20] });
      plot.axes({ x: [-4, -2, 0, 2, 4], y: [-1, 0, 1, 2, 3, 4] });
      plot.grab((z) => ({ z }));
      return { name, f, plot };
    });
    ui.slider("z", "total z", (value) => say(value, 1));

    return ({ z }) => {
      const found = panels.map(({ name, f, plot }) => {
        const [value, slope] = f(z);
        const { left, top, right, bottom } = plot.box;
        plot.paint(
          draw("path", { class: "nn-axis", d: `M${left} ${plot.y(0)}H${right}M${plot.x(0)} ${top}V${bottom}` }),
          plot.curve((at) => f(at)[0], { class: "nn-blue" }),
          SIDES.map((side) => plot.curve((at) => f(at)[1], { class: "nn-orange" }, 60, side)),
          plot.path([-1.5, 1.5].map((by) => [z + by, value + by * slope]), { class: "nn-thin" }),
          plot.dot(z, slope, { class: "nn-mark nn-other" }),
          plot.dot(z, value, { class: "nn-mark" }),
        );
        plot.note(
          text(left, 14, name, { class: "nn-strong" }),
          text(plot.x(3), bottom + 16, "z", { class: "nn-tick" }),
          text(left, bottom + 37, `gives ${say(value)}, slope ${say(slope)}`),
        );
        return [say(value), say(slope)];
      });
      const [[gives, a], [, b], [, c], [, d], [, e]] = found;
      return `At z = ${say(z, 1)} sigmoid gives ${gives}; a correction is multiplied there by ${a}, in tanh by ${b}, in ReLU by ${c}, in leaky ReLU by ${d}, in GELU by ${e}.`;
    };
  },
});
