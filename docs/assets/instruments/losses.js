/* Two price lists for one forecast: what cross-entropy and the squared error charge for it, and the gradient of each at the total.
   It starts as the picture that stands here without scripts, at the forecast of the fruit network. */

import { instrument, number, oneOf, say, text } from "./kit.js";

export const logit = (prediction) => Math.log(prediction) - Math.log1p(-prediction);

/* What is charged for the total z when the truth is y, and the slopes of both prices at z. */
export function prices(z, y) {
  const small = Math.exp(-Math.abs(z));
  const share = (sign) => (sign > 0 ? 1 : small) / (1 + small);
  const wrong = y === 1 ? share(-z) : share(z);
  const off = y === 1 ? -wrong : wrong;
  const charge = Math.log1p(small) + Math.max(0, y === 1 ? -z : z);
  return {
    crossEntropy: charge,
    squared: wrong * wrong,
    half: (wrong * wrong) / 2,
    crossEntropyPull: off,
    halfPull: off * share(z) * share(-z),
  };
}

const TOP = 4.6;

instrument("losses", {
  label: "Losses, to try",
  hint: "Drag the prediction, and flip the truth. z is the total behind ŷ.",
  state: { prediction: number(0.578, 0.001, 0.999, 0.001), truth: oneOf([1, 0]) },
  build(ui) {
    const [margin, height] = [[26, 8, 36, 40], 250];
    const price = ui.plot({ label: "The loss", x: [0, 1], y: [0, TOP], margin, height });
    const pull = ui.plot({ label: "Its gradient at z", x: [0, 1], y: [-1, 1], margin, height });
    const digits = 1;
    price.axes({ x: [0, 0.5, 1], y: [0, 1, 2, 3, 4], names: ["prediction ŷ", "loss"], digits });
    pull.axes({ x: [0, 0.5, 1], y: [-1, -0.5, 0, 0.5, 1], names: ["prediction ŷ", "gradient at z"], digits });
    const at = (prediction, truth) => prices(logit(prediction), truth);
    price.handle({
      label: "Prediction", low: 0.001, high: 0.999, step: [0.001, 0],
      at: ({ prediction, truth }) => [prediction, Math.min(TOP, at(prediction, truth).crossEntropy)],
      move: (prediction) => ({ prediction }),
      value: ({ prediction }) => prediction, words: ({ prediction }) => say(prediction, 3),
    });
    price.grab((prediction) => ({ prediction }));
    pull.grab((prediction) => ({ prediction }));
    ui.slider("prediction", "prediction ŷ", (value) => say(value, 3));
    ui.choice("truth", "the truth is", { 1: "1: apple", 0: "0: none" });

    return ({ prediction, truth }) => {
      const now = at(prediction, truth);
      const ends = [0.001, 0.999];
      /* A line down to the axis from the left curve leaves room for the names; the right plot has none. */
      const curves = (plot, one, other, top) => [
        plot.curve((p) => at(p, truth)[one], { class: "nn-blue" }, 200, ends),
        plot.curve((p) => at(p, truth)[other], { class: "nn-orange" }, 200, ends),
        plot.path([[prediction, -TOP], [prediction, top]], { class: "nn-thin" }),
        plot.dot(prediction, now[one], { class: "nn-mark" }),
        plot.dot(prediction, now[other], { class: "nn-mark nn-other" }),
      ];
      /* Each name begins beside its curve, where the other is far away. */
      const beside = (x, y, name) => (truth === 1
        ? text(price.x(x), price.y(y), name, { class: "nn-halo" })
        : text(price.x(1 - x), price.y(y), name, { class: "nn-halo nn-end" }));
      price.paint(
        curves(price, "crossEntropy", "half", Math.min(TOP, now.crossEntropy)),
        beside(0.13, 2.3, "cross-entropy, solid"),
        beside(0.45, 1.1, "½ squared error, dashed"),
      );
      pull.paint(curves(pull, "crossEntropyPull", "halfPull", TOP));
      const s = (value) => say(value, 3);
      const late = Math.abs(now.crossEntropyPull) > 0.9 ? " Certain and wrong, and only the first still pulls hard." : "";
      return `At ŷ = ${s(prediction)} cross-entropy charges ${s(now.crossEntropy)}, with gradient ${s(now.crossEntropyPull)} at z; `
        + `half the squared error charges ${s(now.half)}, with gradient ${s(now.halfPull)}.${late}`;
    };
  },
});
