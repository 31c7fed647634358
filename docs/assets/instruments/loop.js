/* One training to leaf through: what the network says of the plane, and the four parts of each round with their numbers.
   All of it was recorded while `nnlib` trained, at build; when the page comes up it plays once by itself, unless less motion is asked for. */

import { SIGNS, arrow, draw, instrument, number, oneOf, say, text } from "./kit.js";

const REACH = 4;

/* By how much the second class leads at each place of the grid, row by row, as the page wrote it down: a sign a place for its root, cut off at ±4. */
export function leads(written, columns) {
  const values = [...written].map((sign) => (2 * SIGNS.indexOf(sign)) / (SIGNS.length - 1) - 1).map((root) => REACH * root * Math.abs(root));
  return Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

/* The corners of what lies above zero in a cell whose corners have these heights: each as [right, up], from 0 to 1. */
export function above(heights) {
  const corners = [[0, 0], [1, 0], [1, 1], [0, 1]];
  return corners.flatMap(([x, y], at) => {
    const [next, a, b] = [corners[(at + 1) % 4], heights[at], heights[(at + 1) % 4]];
    const here = a > 0 ? [[x, y]] : [];
    if (a > 0 === b > 0) return here;
    const along = a / (a - b);
    return [...here, [x + along * (next[0] - x), y + along * (next[1] - y)]];
  });
}

/* The sure answers are tinted more than the unsure: these are the leads of the shares 0.5, 0.75 and 0.95. */
const LEVELS = [0, Math.log(3), Math.log(19)];
const X = [-1.6, 2.6];
const Y = [-1.2, 1.7];
const LAST = 61;
const PARTS = ["predict", "measure", "blame", "nudge"];
const PLACES = [[0, 0], [192, 0], [192, 236], [0, 236]];
const LOOKS = ["blue", "orange", "grey", "green"];
const [WIDE, HIGH] = [146, 62];

/* Where the lead, counted from `level` in the direction of `sign`, is above zero: one path, so that no seams show between the cells; or only its edge. */
function region(plot, grid, level, sign, edge = false) {
  const [rows, columns] = [grid.length, grid[0].length];
  const at = (column, row) => `${plot.x(X[0] + ((X[1] - X[0]) * column) / (columns - 1))} ${plot.y(Y[0] + ((Y[1] - Y[0]) * row) / (rows - 1))}`;
  let d = "";
  for (let row = 0; row < rows - 1; row += 1) {
    for (let column = 0; column < columns - 1; column += 1) {
      const heights = [grid[row][column], grid[row][column + 1], grid[row + 1][column + 1], grid[row + 1][column]];
      const corners = above(heights.map((height) => sign * height - level)).filter((corner) => !edge || corner.some((share) => share % 1));
      d += corners.map(([right, up], index) => `${(edge ? index % 2 : index) ? "L" : "M"}${at(column + right, row + up)}`).join("") + (corners.length && !edge ? "Z" : "");
    }
  }
  return draw("path", edge ? { d, class: "nn-line" } : { d, fill: `var(--nn-${sign > 0 ? "blue" : "orange"})`, "fill-opacity": 0.14 });
}

instrument("loop", {
  label: "One training, to leaf through",
  hint: "Let the training run, drag through its rounds, or take one round part by part.",
  state: { frame: number(LAST, 0, LAST, 1), part: oneOf([0, 1, 2, 3, 4]) },
  build(ui) {
    const { points, labels, rounds, lead, columns, wrong, loss, blame, nudge, weights } = ui.data;
    const plane = ui.plot({ label: "The two moons and what the network says of each place", x: X, y: Y, margin: [2, 2, 2, 2] });
    const ring = ui.plot({ label: "The four parts of a round", width: 340, height: 300 });
    const [left, right, low, high] = [98, 244, 186, 96];
    const across = (round) => left + ((right - left) * round) / rounds[LAST];
    const up = (value) => low - ((low - high) * value) / loss[0];
    const curve = loss.map((value, round) => [across(round), up(value)]);
    const spots = points.map(([x, y], index) => (labels[index]
      ? plane.dot(x, y, { r: 3, fill: "var(--nn-blue)", stroke: "var(--nn-paper)", "stroke-width": 0.6 })
      : draw("rect", { x: plane.x(x) - 2.7, y: plane.y(y) - 2.7, width: 5.4, height: 5.4, fill: "var(--nn-orange)", stroke: "var(--nn-paper)", "stroke-width": 0.6 })));
    const arrows = [[[150, 31], [188, 31]], [[265, 66], [265, 232]], [[188, 267], [150, 267]], [[73, 232], [73, 66]]];
    const maps = new Map();
    const map = (frame) => {
      if (!maps.has(frame)) {
        const grid = leads(lead[frame], columns);
        maps.set(frame, [...[-1, 1].flatMap((sign) => LEVELS.map((level) => region(plane, grid, level, sign))), region(plane, grid, 0, 1, true)]);
      }
      return maps.get(frame);
    };
    ui.slider("frame", "round", (frame) => String(rounds[frame]), () => ({ part: 0 }));
    const onwards = ({ frame, part }) => (part < 4 ? { part: part + 1 } : frame < LAST ? { frame: frame + 1, part: 1 } : null);
    ui.button("From the start", () => ({ frame: 0, part: 0 }));
    ui.button("Step", onwards, ({ frame, part }) => frame < LAST || part < 4);
    /* The first round part by part, so that it can be followed; then round by round. */
    ui.play(
      ({ frame, part }) => (!frame && part < 4 ? { part: part + 1 } : frame < LAST ? { frame: frame + 1, part: 0 } : null),
      ({ frame }) => (frame ? 120 : 900),
      { frame: 0, part: 0 },
    );

    return ({ frame, part }) => {
      const round = rounds[frame];
      const missed = wrong[frame];
      const rightly = points.length - missed.length;
      plane.paint(map(frame), spots, part === 1 ? [] : missed.map((index) => plane.dot(...points[index], { r: 6, class: "nn-line", "stroke-width": 1.3 })));
      const lines = [`${rightly} of ${points.length} right`, `loss ${say(loss[round], 3)}`, `gradient ${say(blame[frame], 3)}`, `step of ${say(nudge[frame], 3)}`];
      const lit = (at) => !part || at + 1 === part;
      ring.paint(
        PARTS.map((name, at) => {
          const [x, y] = PLACES[at];
          const colour = LOOKS[at];
          const look = { fill: `var(--nn-soft_${colour})`, stroke: `var(--nn-${colour === "grey" ? "muted" : colour})`, "stroke-width": lit(at) ? 2 : 0.6, "fill-opacity": lit(at) ? 1 : 0.35 };
          return [
            draw("rect", { x: x + 2, y: y + 1, width: WIDE - 2, height: HIGH - 1, rx: 4, ...look }),
            text(x + WIDE / 2, y + 26, `${at + 1}  ${name}`, { class: "nn-middle nn-strong" }),
            text(x + WIDE / 2, y + 47, lines[at], { class: "nn-middle" }),
            arrow(...arrows[at], { class: "nn-line", "stroke-width": lit(at) ? 2 : 1 }),
          ];
        }),
        ring.path([[left, low], [right, low]], { class: "nn-axis" }),
        ring.path(curve.slice(0, round + 1), { class: "nn-line" }),
        draw("circle", { class: "nn-mark nn-other", cx: across(round), cy: up(loss[round]), r: 5 }),
        text(left, high - 10, "loss", { class: "nn-tick nn-start" }),
        text((left + right) / 2, low + 20, `round ${round}`, { class: "nn-middle nn-strong" }),
      );
      const told = [
        `${rightly} of ${points.length} points right. The loss, which says how wrong, is ${say(loss[round], 3)}. The wrong points are ringed; the deeper the colour, the surer the network.`,
        `predict. The network is given all ${points.length} points and says which moon each belongs to: ${rightly} are right.`,
        `measure. How wrong is that, in one number? The loss is ${say(loss[round], 3)}. The wrong points are ringed.`,
        `blame. The gradient says of each of the ${weights} weights whether more of it would raise the loss, and how steeply; its length is ${say(blame[frame], 3)}.`,
        `nudge. Each weight moves a little against its blame, averaged over the last rounds; all together by ${say(nudge[frame], 3)}. Then the next round begins.`,
      ];
      return part ? `Round ${round}, ${told[part]}` : `Round ${round}: ${told[0]}`;
    };
  },
});
