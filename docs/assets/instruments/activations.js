/* Four activations under one hand: what each makes of the same total, and how steep it is there; and softmax with its temperature.
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

export function softmax(totals, temperature) {
  const top = Math.max(...totals);
  const powers = totals.map((total) => Math.exp((total - top) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

const FUNCTIONS = { ReLU: relu, sigmoid, tanh, GELU: gelu };
const REACH = 5;

instrument("activations", {
  label: "Activations, to try",
  hint: "Drag in any panel, or move the sliders.",
  state: {
    z: number(1, -REACH, REACH, 0.1), first: number(2, -5, 5, 0.1), second: number(1, -5, 5, 0.1), temperature: number(1, 0.1, 5, 0.1),
  },
  build(ui) {
    const panels = Object.entries(FUNCTIONS).map(([name, f]) => {
      const plot = ui.plot({ label: name, look: "nn-small", width: 165, height: 250, x: [-REACH, REACH], y: [-2.4, 4.6], margin: [20, 4, 40, 4] });
      plot.grab((z) => ({ z }));
      return { name, f, plot };
    });
    const shares = ui.plot({ label: "Softmax", look: "nn-flat", width: 340, height: 64 });
    ui.slider("z", "total z");
    ui.slider("first", "first total", (value) => say(value, 1));
    ui.slider("second", "second total", (value) => say(value, 1));
    ui.slider("temperature", "temperature", (value) => say(value, 1));

    return ({ z, first, second, temperature }) => {
      const slopes = panels.map(({ name, f, plot }) => {
        const [value, slope] = f(z);
        plot.paint(
          draw("path", { class: "nn-axis", d: `M4 ${plot.y(0)}H161M${plot.x(0)} 20V210` }),
          plot.curve((at) => f(at)[0], { class: "nn-blue" }),
          plot.path([-1.5, 1.5].map((by) => [z + by, value + by * slope]), { class: "nn-orange" }),
          plot.dot(z, value, { class: "nn-mark" }),
        );
        plot.note(
          text(4, 14, name, { class: "nn-strong" }),
          text(4, 228, `gives ${say(value)}`),
          text(4, 245, `slope ${say(slope)}`),
        );
        return slope;
      });
      const parts = softmax([first, second], temperature);
      shares.paint(parts.flatMap((share, index) => [
        text(0, 20 + index * 30, `softmax of ${say(index ? second : first, 1)}`),
        draw("rect", { class: index ? "nn-no" : "nn-yes", x: 110, y: 5 + index * 30, width: share * 190, height: 22 }),
        text(116 + share * 190, 20 + index * 30, say(share)),
      ]));
      const [a, b, c, d] = slopes.map((slope) => say(slope));
      return `At z = ${say(z, 1)} ReLU passes on ${a} of a correction, sigmoid ${b}, tanh ${c}, GELU ${d}. `
        + `Softmax shares out ${say(parts[0])} and ${say(parts[1])}.`;
    };
  },
});
