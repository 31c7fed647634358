/* A neuron to take apart: the arrow of its weights, the line that its bias slides, a fruit to judge, and what each juror adds.
   The plane is that of the fruit, with room around it for the arrow; the bars are those of the picture that stands here without scripts. */

import { arrow, draw, instrument, number, say, signed, text } from "./kit.js";

const LOW = -1.1;
const HIGH = 1.1;

/* The terms of the sum, in order, and the sum. */
export function neuron(weights, bias, inputs) {
  const terms = [...weights.map((weight, index) => weight * inputs[index]), bias];
  return { terms, z: terms.reduce((sum, term) => sum + term) };
}

/* Where the decision line meets the edges of the square from `low` to `high`: two points, or none. */
export function decisionLine([w1, w2], bias, low = LOW, high = HIGH) {
  const points = [];
  const add = (x, y) => {
    const inside = Math.min(x, y) >= low - 1e-12 && Math.max(x, y) <= high + 1e-12;
    if (inside && !points.some(([a, b]) => Math.hypot(a - x, b - y) < 1e-9)) points.push([x, y]);
  };
  for (const edge of [low, high]) {
    if (w2 !== 0) add(edge, -(w1 * edge + bias) / w2);
    if (w1 !== 0) add(-(w2 * edge + bias) / w1, edge);
  }
  return points.length >= 2 ? points.slice(0, 2) : [];
}

/* The undecided point that lies nearest to `from`; without weights there is none. */
export function nearestUndecided([w1, w2], bias, [x, y]) {
  const length = w1 * w1 + w2 * w2;
  if (length === 0) return null;
  const by = (w1 * x + w2 * y + bias) / length;
  return [x - by * w1, y - by * w2];
}

/* The part of the square where the total is above zero, as the corners of a polygon. */
function yesSide([w1, w2], bias) {
  const corners = [[LOW, LOW], [HIGH, LOW], [HIGH, HIGH], [LOW, HIGH]];
  const total = ([x, y]) => w1 * x + w2 * y + bias;
  return corners.flatMap((corner, index) => {
    const next = corners[(index + 1) % 4];
    const [here, there] = [total(corner), total(next)];
    const kept = here > 0 ? [corner] : [];
    if (here > 0 === there > 0) return kept;
    const share = here / (here - there);
    return [...kept, corner.map((value, axis) => value + share * (next[axis] - value))];
  });
}

const FRUIT = { apple: [0.9, 0.8], grapefruit: [0.2, 0.9], strawberry: [0.8, 0.3] };
/* Where each name starts or ends, within the frame, and how far below its fruit. */
const LABELS = { apple: [0.97, 19, "nn-end"], grapefruit: [0.03, 19, "nn-start"], strawberry: [0.99, -9, "nn-end"] };
const NAMES = ["redness", "roundness"];
/* From here the line's handle is looked for: the middle of the fruit. */
const MIDDLE = [0.5, 0.5];

function bars(plot, { terms, z }, { w1, w2, x, y }) {
  const ends = terms.map((_, index) => terms.slice(0, index + 1).reduce((sum, term) => sum + term));
  const reach = [0.8, 1.6, 3.2].find((size) => ends.every((end) => Math.abs(end) < size)) ?? 6.4;
  const at = (value) => 205 + (value / reach) * 100;
  const rows = [[`${NAMES[0]}`, `${say(x)} × ${say(w1)}`], [`${NAMES[1]}`, `${say(y)} × ${say(w2)}`], ["bias", ""], ["sum z", ""]];
  plot.paint(
    draw("path", { class: "nn-thin", d: "M0 214H340" }),
    draw("path", { class: "nn-line", d: "M205 22V276" }),
    ...rows.flatMap(([name, factors], row) => {
      const last = row === 3;
      const [from, to] = last ? [0, z] : [ends[row] - terms[row], ends[row]];
      const top = 28 + row * 66;
      const value = last ? z : terms[row];
      return [
        text(0, top + 16, name, { class: last ? "nn-strong" : "" }),
        text(0, top + 33, factors, { class: "nn-quiet" }),
        draw("rect", { class: value < 0 ? "nn-no" : "nn-yes", x: Math.min(at(from), at(to)), y: top, width: Math.abs(at(to) - at(from)), height: 34, "stroke-width": last ? 2 : 1 }),
        text(at(to) + (value < 0 ? -6 : 6), top + 22, last ? say(z) : row === 2 ? say(value) : signed(value), { class: `nn-halo ${last ? "nn-strong" : ""} ${value < 0 ? "nn-end" : ""}` }),
      ];
    }),
    text(205, 14, "threshold 0", { class: "nn-tick" }),
    text(205 - 4, 292, "no", { class: "nn-quiet nn-end" }),
    text(205 + 4, 292, "yes", { class: "nn-quiet" }),
  );
}

const side = (value) => number(value, -1, 1, 0.05);

instrument("neuron", {
  label: "A neuron, to try",
  hint: "Drag the arrow, the line or the fruit, or use the arrow keys. All fruit lie in the frame; tinted means yes.",
  state: { w1: side(0.4), w2: side(0.3), b: number(0, -1.5, 1.5, 0.05), x: number(0.9, 0, 1, 0.05), y: number(0.8, 0, 1, 0.05) },
  build(ui) {
    const plane = ui.plot({ label: "The plane of fruit", width: 340, height: 300, x: [LOW, HIGH], y: [LOW, HIGH], margin: [18, 24, 34, 34] });
    const sums = ui.plot({ label: "What each juror adds", width: 340, height: 300 });
    plane.axes({ x: [-1, 0, 1], y: [-1, 0, 1], names: NAMES });
    const at = ({ w1, w2, b }) => {
      const point = nearestUndecided([w1, w2], b, MIDDLE) ?? MIDDLE;
      return point.map((value) => Math.min(HIGH, Math.max(LOW, value)));
    };
    plane.handle({
      label: "Bias, which slides the line", look: "square", at, low: -1.5, high: 1.5,
      move: (x, y, { w1, w2 }) => ({ b: -(w1 * x + w2 * y) }),
      keys: (steps, across, { b }) => ({ b: b + steps * 0.05 }),
      value: ({ b }) => b, words: ({ b }) => say(b),
    });
    plane.handle({
      label: "Weights, the arrow", at: ({ w1, w2 }) => [w1, w2], low: -1, high: 1, step: [0.05, 0.05],
      move: (w1, w2) => ({ w1, w2 }),
      value: ({ w1 }) => w1, words: ({ w1, w2 }) => `${say(w1)} for redness, ${say(w2)} for roundness`,
    });
    plane.handle({
      label: "The fruit", at: ({ x, y }) => [x, y], low: 0, high: 1, step: [0.05, 0.05],
      move: (x, y) => ({ x, y }),
      value: ({ x }) => x, words: ({ x, y }) => `redness ${say(x)}, roundness ${say(y)}`,
    });
    ui.button("First neuron", () => ({ w1: 0.4, w2: 0.3, b: 0 }));
    ui.button("Second neuron", () => ({ w1: -0.4, w2: 0.8, b: 0 }));

    return (state) => {
      const { w1, w2, b, x, y } = state;
      const weights = [w1, w2];
      const sum = neuron(weights, b, [x, y]);
      const line = decisionLine(weights, b);
      const place = ([a, c]) => [plane.x(a), plane.y(c)];
      /* Each name beside its handle: that of the weights beyond the arrow's tip, that of the bias on the side of the no. */
      const length = Math.hypot(w1, w2) || 1;
      const [left, down] = [(-24 * w1) / length, w1 || w2 ? (20 * w2) / length : 20];
      const [end, knob] = [place(weights), place(at(state))];
      plane.note(
        text(end[0] + (w1 < 0 ? 16 : -16), end[1] + (w2 < 0 ? 22 : -14), "weights", { class: "nn-middle nn-halo" }),
        text(knob[0] + left, knob[1] + down + 4, "bias", { class: "nn-middle nn-halo" }),
      );
      plane.paint(
        plane.path(yesSide(weights, b), { class: "nn-yes", "stroke-width": 0 }, "Z"),
        draw("rect", { class: "nn-thin", x: plane.x(0), y: plane.y(1), width: plane.x(1) - plane.x(0), height: plane.y(0) - plane.y(1) }),
        plane.path(line, { class: "nn-line" }),
        arrow(place([0, 0]), place(weights), { class: "nn-line" }),
        Object.entries(FRUIT).flatMap(([name, spot]) => {
          const [edge, below, anchor] = LABELS[name];
          return [
            draw("circle", { class: "nn-thin", cx: plane.x(spot[0]), cy: plane.y(spot[1]), r: 3 }),
            text(plane.x(edge), plane.y(spot[1]) + below, name, { class: `nn-tick nn-halo ${anchor}` }),
          ];
        }),
      );
      bars(sums, sum, state);
      const verdict = sum.z > 0 ? "above zero: yes" : Math.abs(sum.z) < 1e-12 ? "exactly undecided" : "below zero: no";
      const where = w1 === 0 && w2 === 0 ? " Without weights there is no line: all fruit get the same answer."
        : line.length ? "" : " The line lies outside the picture, so all fruit here get the same answer.";
      return `Redness adds ${say(sum.terms[0])}, roundness ${say(sum.terms[1])}, the bias ${say(b)}: z is ${say(sum.z)}, ${verdict}.${where}`;
    };
  },
});
