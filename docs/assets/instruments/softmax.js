/* Two totals, and the shares that softmax makes of them at any temperature. */

import { draw, instrument, number, say, text } from "./kit.js";

export function softmax(totals, temperature) {
  const top = Math.max(...totals);
  const powers = totals.map((total) => Math.exp((total - top) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

instrument("softmax", {
  label: "Softmax, to try",
  hint: "Move the totals and the temperature.",
  state: { first: number(2, -5, 5, 0.1), second: number(1, -5, 5, 0.1), temperature: number(1, 0.1, 5, 0.1) },
  build(ui) {
    const shares = ui.plot({ label: "The two shares", look: "nn-flat", width: 340, height: 64 });
    ui.slider("first", "first total", (value) => say(value, 1));
    ui.slider("second", "second total", (value) => say(value, 1));
    ui.slider("temperature", "temperature", (value) => say(value, 1));

    return ({ first, second, temperature }) => {
      const parts = softmax([first, second], temperature);
      shares.paint(parts.flatMap((share, index) => [
        text(0, 20 + index * 30, `total ${say(index ? second : first, 1)}`),
        draw("rect", { class: index ? "nn-no" : "nn-yes", x: 80, y: 5 + index * 30, width: share * 215, height: 22 }),
        text(86 + share * 215, 20 + index * 30, say(share)),
      ]));
      return `Totals ${say(first, 1)} and ${say(second, 1)} at temperature ${say(temperature, 1)}: the shares are ${say(parts[0])} and ${say(parts[1])}.`;
    };
  },
});
