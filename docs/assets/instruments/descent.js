/* A ball on three landscapes: put it down, choose its step size and how it walks, and see whether it arrives, bounces or flies away.
   The path is taken afresh from its start at each change, so that every handling can be taken back. */

import { draw, instrument, number, oneOf, say, text } from "./kit.js";

const MOMENTUM = 0.6;
const LANDSCAPES = {
  ravine: { curvatures: [1, 10], x: [-9, 9], y: [-7, 7], ticks: [-5, 0, 5], levels: [0.5, 3, 8, 18, 32, 60, 100, 160], start: { w1: 8, w2: 1, eta: 0.19 } },
  bowl: { curvatures: [1, 1], x: [-9, 9], y: [-7, 7], ticks: [-5, 0, 5], levels: [0.5, 2, 5, 10, 18, 28, 40, 54], start: { w1: 8, w2: 1, eta: 0.19 } },
  valleys: { x: [-2.25, 2.25], y: [-1.75, 1.75], ticks: [-1, 0, 1], levels: [-0.2, 0, 0.2, 0.45, 0.8, 1.3, 2.5, 5, 9], start: { w1: 2, w2: 1, eta: 0.02 } },
};

export function loss(landscape, [w1, w2]) {
  if (landscape === "valleys") return (w1 * w1 - 1) ** 2 + 0.3 * w1 + 0.5 * w2 * w2;
  const [a, b] = LANDSCAPES[landscape].curvatures;
  return 0.5 * (a * w1 * w1 + b * w2 * w2);
}

export function gradient(landscape, [w1, w2]) {
  if (landscape === "valleys") return [4 * w1 * (w1 * w1 - 1) + 0.3, w2];
  const [a, b] = LANDSCAPES[landscape].curvatures;
  return [a * w1, b * w2];
}

/* How sharply the landscape curves at a place, in its sharper direction. */
export function curvature(landscape, [w1]) {
  return landscape === "valleys" ? Math.max(12 * w1 * w1 - 4, 1) : Math.max(...LANDSCAPES[landscape].curvatures);
}

const WALKS = {
  plain: () => (g, eta) => eta * g,
  momentum: () => {
    let speed = 0;
    return (g, eta) => {
      speed = MOMENTUM * speed + g;
      return eta * speed;
    };
  },
  Adam: () => {
    let [mean, square, step] = [0, 0, 0];
    return (g, eta) => {
      step += 1;
      mean = 0.9 * mean + (1 - 0.9) * g;
      square = 0.999 * square + (1 - 0.999) * g * g;
      return (eta * (mean / (1 - 0.9 ** step))) / (Math.sqrt(square / (1 - 0.999 ** step)) + 1e-8);
    };
  },
};

/* The places of the ball, its start and one for each step. */
export function descend(landscape, walk, start, eta, steps) {
  const path = [start];
  const along = start.map(() => WALKS[walk]());
  for (let step = 0; step < steps; step += 1) {
    const here = path.at(-1);
    const slope = gradient(landscape, here);
    path.push(here.map((w, axis) => w - along[axis](slope[axis], eta)));
  }
  return path;
}

/* Where plain descent comes to rest from the left and from the right of the two valleys. */
const BOTTOMS = [-1, 1].map((w) => {
  for (let count = 0; count < 20; count += 1) w -= (4 * w * (w * w - 1) + 0.3) / (12 * w * w - 4);
  return w;
});

const bottom = (landscape, [w1]) => (landscape === "valleys" ? [BOTTOMS[w1 > 0 ? 1 : 0], 0] : [0, 0]);
const apart = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

/* The lines of equal loss: where each side of a small cell crosses a level, joined within the cell. */
function contours(plot, f, levels, columns = 72, rows = 56) {
  const { x: [left, right], y: [low, high] } = plot.domain;
  const at = (column, row) => [left + ((right - left) * column) / columns, low + ((high - low) * row) / rows];
  const heights = Array.from({ length: rows + 1 }, (_, row) => Array.from({ length: columns + 1 }, (__, column) => f(at(column, row))));
  let d = "";
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const values = corners.map(([c, r]) => heights[r][c]);
      for (const level of levels) {
        const crossed = [0, 1, 2, 3].filter((side) => values[side] < level !== values[(side + 1) % 4] < level);
        d += crossed.map((side, index) => {
          const [a, b] = [values[side], values[(side + 1) % 4]];
          const [from, to] = [at(...corners[side]), at(...corners[(side + 1) % 4])];
          const [x, y] = from.map((value, axis) => value + ((level - a) / (b - a)) * (to[axis] - value));
          return `${index % 2 ? "L" : "M"}${plot.x(x)} ${plot.y(y)}`;
        }).join("");
      }
    }
  }
  return draw("path", { class: "nn-thin", "stroke-width": 0.6, d });
}

const MOST = 100;
const ETAS = [0.001, 0.01, 0.02, 0.05, 0.1, 0.15, 0.18, 0.19, 0.2, 0.21, 0.25, 0.3, 0.5, 0.8, 1, 1.5, 1.9, 2, 2.1, 3, 8];
const FLOWN = 1e4;

function verdict({ landscape, walk, eta }, path, start) {
  const here = path.at(-1);
  const count = path.length - 1;
  const goal = bottom(landscape, here);
  const distance = apart(here, goal);
  if (!(distance < FLOWN)) return `After ${path.findIndex((place) => !(apart(place, [0, 0]) < FLOWN))} steps it has flown more than ten thousand away: this step size diverges.`;
  const reached = `after ${count} steps the ball is ${say(distance, 3)} from ${landscape === "valleys" ? "a" : "the"} bottom`;
  if (landscape === "valleys") {
    const sides = ["left, deeper", "right, higher"];
    return `From w₁ = ${say(start[0], 1)}, ${reached}, in the ${sides[here[0] > 0 ? 1 : 0]} valley, at loss ${say(loss(landscape, here))}.`;
  }
  if (walk !== "plain") return `With ${walk === "Adam" ? walk : `momentum ${MOMENTUM}`} and step size ${eta}, ${reached}.`;
  const sharpest = curvature(landscape, here);
  const limit = 2 / sharpest;
  const what = eta < limit ? "below" : eta === limit ? "at" : "above";
  const so = { below: "and each step comes closer", at: "and it bounces from wall to wall for ever", above: "and it diverges" }[what];
  return `Step size ${eta} is ${what} the limit 2/${sharpest} = ${limit}: ${reached}, ${so}.`;
}

instrument("descent", {
  label: "Gradient descent, to try",
  hint: "Drag the ball to where it should start, choose a step size, and let it walk.",
  state: {
    landscape: oneOf(["ravine", "bowl", "valleys"]), walk: oneOf(["plain", "momentum", "Adam"]), eta: oneOf(ETAS, 0.19),
    w1: number(8, -9, 9, 0.1), w2: number(1, -7, 7, 0.1), steps: number(30, 0, MOST, 1),
  },
  build(ui) {
    const margin = [20, 10, 36, 30];
    const map = ui.plot({ label: "The landscape", x: [-9, 9], y: [-7, 7], margin });
    const fall = ui.plot({ label: "The loss, step by step", x: [0, MOST], y: [-4, 3], margin: [20, 10, 36, 44] });
    fall.axes({ x: [0, 25, 50, 75, 100], names: ["step", "loss, logarithmic"] });
    let shown = null;
    const start = ({ w1, w2 }) => [w1, w2];
    map.handle({
      label: "Where the ball starts", low: -9, high: 9, step: [0.1, 0.1], at: start,
      move: (w1, w2) => ({ w1, w2 }),
      value: ({ w1 }) => w1, words: ({ w1, w2 }) => `w₁ ${say(w1, 1)}, w₂ ${say(w2, 1)}`,
    });
    ui.slider("eta", "step size η", String);
    ui.slider("steps", "steps", String);
    ui.choice("landscape", "landscape", { valleys: "two valleys" }, (landscape) => LANDSCAPES[landscape].start);
    ui.choice("walk", "walk");
    const next = ({ steps }) => (steps < MOST ? { steps: steps + 1 } : null);
    ui.button("Back to the start", () => ({ steps: 0 }));
    ui.button("Step", next);
    ui.play(next);

    return (state) => {
      const { landscape, walk, eta, steps } = state;
      const { x, y, ticks, levels } = LANDSCAPES[landscape];
      if (shown !== landscape) {
        map.frame(x, y);
        map.axes({ x: ticks, y: ticks, names: ["w₁", "w₂"] });
        map.level = contours(map, (place) => loss(landscape, place), levels);
        shown = landscape;
      }
      const path = descend(landscape, walk, start(state), eta, steps);
      const flown = path.findIndex((place) => !(apart(place, [0, 0]) < FLOWN));
      const seen = flown < 0 ? path : path.slice(0, flown);
      const here = seen.at(-1);
      map.paint(
        map.level,
        map.path(seen, { class: "nn-blue" }),
        seen.slice(1).map(([a, b]) => map.dot(a, b, { r: 2.5, class: "nn-mark", "stroke-width": 0 })),
        map.dot(...here, { r: 6, class: "nn-mark nn-other" }),
      );
      const base = landscape === "valleys" ? Math.min(...BOTTOMS.map((w) => loss(landscape, [w, 0]))) : 0;
      const heights = seen.map((place, step) => [step, Math.log10(Math.max(1e-6, loss(landscape, place) - base))]);
      fall.note([-4, -2, 0, 2].map((power) => text(38, fall.y(power) + 4, power ? `10${power < 0 ? "⁻" : ""}${"⁰¹²³⁴"[Math.abs(power)]}` : "1", { class: "nn-tick nn-end" })));
      fall.paint(fall.path(heights, { class: "nn-blue" }), fall.dot(...heights.at(-1), { r: 6, class: "nn-mark nn-other" }));
      return verdict(state, path, start(state));
    };
  },
});
