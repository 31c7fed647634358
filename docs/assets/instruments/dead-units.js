/* Sixteen ReLUs learn the two half moons with a step that the hand chooses: where each one's line runs, and which have left the data for good.
   Points and first weights are those of the page's block; the training is done here, from the start, at every change. */

import { draw, instrument, number, oneOf, say, text } from "./kit.js";

/* A network is its first weights, one row a unit, their biases, the last weights and the last bias, as `nnlib` lists its parameters. */
const total = (row, bias, point) => row.reduce((sum, weight, axis) => sum + weight * point[axis], bias);

/* Each unit's highest total over all points: at zero or below it is closed for every one of them. */
export function highest([rows, biases], points) {
  return rows.map((row, unit) => Math.max(...points.map((point) => total(row, biases[unit], point))));
}

/* The loss of the network, and the network after one step of plain gradient descent on all points at once. */
export function step([rows, biases, [last], [bias]], points, labels, eta) {
  let loss = 0;
  const blame = { rows: rows.map((row) => row.map(() => 0)), biases: biases.map(() => 0), last: last.map(() => 0), bias: 0 };
  points.forEach((point, index) => {
    const z = rows.map((row, unit) => total(row, biases[unit], point));
    const out = z.reduce((sum, value, unit) => sum + Math.max(0, value) * last[unit], bias);
    const small = Math.exp(-Math.abs(out));
    const right = labels[index][0] === 1;
    loss += (Math.log1p(small) + Math.max(0, right ? -out : out)) / points.length;
    const wrong = ((right ? -out : out) > 0 ? 1 : small) / (1 + small);
    const off = (right ? -wrong : wrong) / points.length;
    blame.bias += off;
    z.forEach((value, unit) => {
      if (value <= 0) return;
      blame.last[unit] += off * value;
      blame.biases[unit] += off * last[unit];
      point.forEach((x, axis) => { blame.rows[unit][axis] += off * last[unit] * x; });
    });
  });
  const after = (values, slopes) => values.map((value, index) => value - eta * slopes[index]);
  return { loss, network: [rows.map((row, unit) => after(row, blame.rows[unit])), after(biases, blame.biases), [after(last, blame.last)], [bias - eta * blame.bias]] };
}

const MOST = 16;
const X = [-3, 4];
const Y = [-3, 3];
const [LOW, HIGH] = [-5, 9];

instrument("dead-units", {
  label: "Dead ReLUs, to try",
  hint: "Choose a step size, and take one step after the other.",
  state: { eta: oneOf([0.1, 0.5, 1, 2, 5, 10, 20, 50], 10), steps: number(8, 0, MOST, 1) },
  build(ui) {
    const { points, labels, start } = ui.data;
    const margin = [20, 10, 36, 30];
    const plane = ui.plot({ label: "The moons and each unit's line", x: X, y: Y, margin });
    const tops = ui.plot({ label: "Each unit's highest total", x: [0, MOST], y: [LOW, HIGH], margin });
    plane.axes({ x: [-2, 0, 2, 4], y: [-2, 0, 2], names: ["x₁", "x₂"] });
    tops.axes({ x: [0, 4, 8, 12, 16], y: [-5, 0, 5], names: ["step", "highest total"] });
    ui.slider("eta", "step size", String);
    ui.slider("steps", "steps", String);
    const next = ({ steps }) => (steps < MOST ? { steps: steps + 1 } : null);
    ui.button("Back to the start", () => ({ steps: 0 }));
    ui.button("Step", next, ({ steps }) => steps < MOST);
    ui.play(next, 300);
    const spots = points.map(([x, y], index) => (labels[index][0] === 1
      ? plane.dot(x, y, { r: 2.2, fill: "var(--nn-blue)" })
      : draw("rect", { x: plane.x(x) - 2, y: plane.y(y) - 2, width: 4, height: 4, fill: "var(--nn-orange)" })));
    /* The training so far, for the step size that it was made with. */
    let run = { eta: null };
    const until = (eta, steps) => {
      if (run.eta !== eta) run = { eta, networks: [start], tops: [highest(start, points)], losses: [] };
      while (run.losses.length <= steps) {
        const { loss, network } = step(run.networks.at(-1), points, labels, eta);
        run.losses.push(loss);
        run.networks.push(network);
        run.tops.push(highest(network, points));
      }
      return run;
    };

    return ({ eta, steps }) => {
      const { networks, tops: reached, losses } = until(eta, steps);
      const [rows, biases] = networks[steps];
      const dead = reached[steps].map((top) => top <= 0);
      const look = (unit) => ({ class: dead[unit] ? "nn-orange" : "nn-blue" });
      plane.paint(spots, rows.map(([a, b], unit) => {
        const length = Math.hypot(a, b) || 1;
        const foot = [-(a * biases[unit]) / length ** 2, -(b * biases[unit]) / length ** 2];
        const along = [-b / length, a / length];
        const ends = [-20, 20].map((by) => [foot[0] + by * along[0], foot[1] + by * along[1]]);
        const tick = [foot, [foot[0] + (0.5 * a) / length, foot[1] + (0.5 * b) / length]];
        return [plane.path(ends, { ...look(unit), "stroke-width": 1.3 }), plane.path(tick, { ...look(unit), "stroke-width": 1.3 })];
      }));
      tops.paint(
        tops.path([[0, 0], [MOST, 0]], { class: "nn-line", "stroke-width": 1 }),
        rows.map((_, unit) => tops.path(reached.slice(0, steps + 1).map((row, at) => [at, Math.max(LOW, Math.min(HIGH, row[unit]))]), { ...look(unit), "stroke-width": 1.5 })),
        tops.path([[steps, LOW], [steps, HIGH]], { class: "nn-thin", "stroke-width": 0.6 }),
        text(tops.x(MOST) - 4, tops.y(LOW) - 6, "below 0: closed for all points", { class: "nn-tick nn-end nn-halo" }),
      );
      const count = dead.filter(Boolean).length;
      const loss = losses[steps];
      return `After ${steps} ${steps === 1 ? "step" : "steps"} of size ${eta}, ${count} of ${dead.length} units are dead: dashed, with no point on the ticked side of their line. `
        + `The loss is ${say(loss)}.`;
    };
  },
});
