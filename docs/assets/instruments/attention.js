/* A query to drag among four keys: how well it fits each, what share each gets, and the mixture of their values.
   Keys, values and the first query are those of the page's four tokens; nobody is asked who comes later. */

import { arrow, draw, instrument, number, oneOf, say, text } from "./kit.js";

/* One query and those it may ask, with a row each in `keys` and `values`. */
export function attend(query, keys, values, temperature) {
  const fits = keys.map((key) => key.reduce((sum, part, at) => sum + part * query[at], 0));
  const scores = fits.map((fit) => fit / Math.sqrt(query.length) / temperature);
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const shares = powers.map((power) => power / powers.reduce((a, b) => a + b));
  return { fits, scores, shares, mixture: values[0].map((_, part) => shares.reduce((sum, share, at) => sum + share * values[at][part], 0)) };
}

const WORDS = ["the", "cat", "sat", "down"];
const [LOW, HIGH] = [-3, 3];
const [QX, QY] = [2, 0];
/* Not by a class, which would have a width of its own. */
const BLUE = { fill: "none", stroke: "var(--nn-blue)" };

instrument("attention", {
  label: "A query among keys, to try",
  hint: "Drag the query, choose who asks, and how sharply.",
  state: { qx: number(QX, LOW, HIGH, 0.1), qy: number(QY, LOW, HIGH, 0.1), temperature: oneOf([0.1, 0.25, 0.5, 1, 2, 4, 10], 1), word: oneOf(WORDS, "sat") },
  build(ui) {
    const { queries, keys, values } = ui.data;
    const room = ui.plot({ label: "The query and the keys", x: [LOW, HIGH], y: [-2.3, 3], margin: [20, 10, 36, 30] });
    const taken = ui.plot({ label: "Shares, and what is taken away", width: 340, height: 300 });
    const [left, bottom, unit] = [24, 286, 52];
    const at = ([x, y]) => [left + unit * x, bottom - unit * y];
    room.axes({ x: [-2, 0, 2], y: [-2, 0, 2], names: ["first number", "second number"] });
    const query = ({ qx, qy }) => [qx, qy];
    room.handle({
      label: "The query", low: LOW, high: HIGH, step: [0.1, 0.1], look: "square", at: query,
      move: (qx, qy) => ({ qx, qy }),
      value: ({ qx }) => qx, words: (state) => query(state).map((part) => say(part, 1)).join(", "),
    });
    ui.slider("temperature", "temperature", String);
    ui.choice("word", "who asks", {}, (word) => {
      const [qx, qy] = queries[WORDS.indexOf(word)];
      return { qx, qy };
    });

    return (state) => {
      const count = WORDS.indexOf(state.word) + 1;
      const found = attend(query(state), keys.slice(0, count), values.slice(0, count), state.temperature);
      const spot = ([x, y]) => [room.x(x), room.y(y)];
      room.paint(
        keys.map((key, index) => {
          const asked = index < count;
          const [x, y] = spot(key);
          return [
            arrow(spot([0, 0]), [x, y], asked ? { ...BLUE, "stroke-width": 1 + 5 * found.shares[index] } : { class: "nn-thin", "stroke-dasharray": "3 3" }),
            text(x + 5, y - 6, WORDS[index], { class: `nn-halo ${asked ? "" : "nn-quiet"}` }),
          ];
        }),
        arrow(spot([0, 0]), spot(query(state)), { class: "nn-orange", "stroke-width": 2.5 }),
      );
      room.note(text(room.x(state.qx) - 4, room.y(state.qy) + 24, "query", { class: "nn-halo nn-strong nn-middle" }));
      taken.paint(
        text(0, 14, "asked", { class: "nn-quiet" }), text(92, 14, "fit", { class: "nn-quiet nn-end" }), text(112, 14, "share", { class: "nn-quiet" }),
        WORDS.map((word, index) => {
          const y = 36 + index * 24;
          if (index >= count) return [text(0, y, word, { class: "nn-quiet" }), text(112, y, "comes later: not asked", { class: "nn-quiet" })];
          const share = found.shares[index];
          return [
            text(0, y, word),
            text(92, y, say(found.fits[index], 1), { class: "nn-end" }),
            draw("rect", { class: "nn-yes", x: 112, y: y - 14, width: 170 * share, height: 18 }),
            text(118 + 170 * share, y, say(share, 3)),
          ];
        }),
        text(left + unit, bottom - 2 * unit - 32, "values, and their mixture", { class: "nn-quiet" }),
        draw("path", { class: "nn-axis", d: `M${left} ${bottom - 2.4 * unit}V${bottom}H${left + 5.6 * unit}` }),
        values.map((value, index) => {
          const [x, y] = at(value);
          const asked = index < count;
          return [
            asked ? draw("path", { ...BLUE, "stroke-width": 6 * found.shares[index], d: `M${x} ${y}L${at(found.mixture).join(" ")}` }) : "",
            draw("circle", { class: asked ? "nn-yes" : "nn-hollow", cx: x, cy: y, r: 5 }),
            text(x + 8, y - 6, WORDS[index], { class: `nn-halo ${asked ? "" : "nn-quiet"}` }),
          ];
        }),
        draw("circle", { class: "nn-mark nn-other", cx: at(found.mixture)[0], cy: at(found.mixture)[1], r: 6 }),
        text(left + 2.6 * unit, bottom - 1.2 * unit, "takes away", { class: "nn-quiet" }),
        text(left + 2.6 * unit, bottom - 0.8 * unit, `(${found.mixture.map((part) => say(part, 3)).join(", ")})`, { class: "nn-strong" }),
      );
      const shares = found.shares.map((share, index) => `“${WORDS[index]}” ${say(share, 3)}`).join(", ");
      return `With the query (${query(state).map((part) => say(part, 1)).join(", ")}) at temperature ${state.temperature}, “${state.word}” gives shares to ${shares}, and takes away the mixture (${found.mixture.map((part) => say(part, 3)).join(", ")}).`;
    };
  },
});
