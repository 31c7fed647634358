/* A digit to draw, erase and push about, read by the network that the page has trained: its ten shares, what each layer notes, and what each pixel counted.
   Weights and images are the page's own; ink comes in sixteenths, as in the data. */

import { draw, instrument, number, oneOf, say, text } from "./kit.js";

const total = (row, bias, values) => row.reduce((sum, weight, index) => sum + weight * values[index], bias);

/* `weights` are those of the three layers and their biases, in turn; an image has 64 values from 0 to 1. */
export function read([W1, b1, W2, b2, W3, b3], image) {
  const layer = (rows, biases, values) => rows.map((row, unit) => total(row, biases[unit], values));
  const relu = (values) => values.map((value) => Math.max(0, value));
  const h1 = relu(layer(W1, b1, image));
  const h2 = relu(layer(W2, b2, h1));
  const totals = layer(W3, b3, h2);
  const powers = totals.map((value) => Math.exp(value - Math.max(...totals)));
  const sum = powers.reduce((a, b) => a + b);
  return { h1, h2, totals, shares: powers.map((power) => power / sum) };
}

/* What each pixel's ink adds to the total of `digit`: the ink times the slope of that total. */
export function counted([W1, b1, W2, b2, W3, b3], image, digit) {
  const { h1, h2 } = read([W1, b1, W2, b2, W3, b3], image);
  const back = (rows, blame, open) => open.map((value, column) => (value > 0 ? rows.reduce((sum, row, unit) => sum + row[column] * blame[unit], 0) : 0));
  const first = back(W2, back([W3[digit]], [1], h2), h1);
  return image.map((ink, pixel) => ink * W1.reduce((sum, row, unit) => sum + row[pixel] * first[unit], 0));
}

const SIDE = 8;
const FULL = 16;

/* The image moved by whole pixels; what leaves it is lost. */
export function shift(ink, across, down) {
  return ink.map((_, pixel) => {
    const [x, y] = [(pixel % SIDE) - across, Math.floor(pixel / SIDE) - down];
    return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? ink[y * SIDE + x] : 0;
  });
}

/* A stroke of the pen, soft at its edge, from one place to another. */
function stroke(ink, [x0, y0], [x1, y1], pen) {
  if (pen === "up") return ink;
  const long = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  return ink.map((old, pixel) => {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    const along = long && Math.max(0, Math.min(1, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / long));
    const far = Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
    const much = Math.round(FULL * Math.max(0, Math.min(1, 1.35 - far)));
    return pen === "draws" ? Math.max(old, much) : Math.min(old, FULL - much);
  });
}

/* All ink as text for the address, one character a pixel; no text is the page's image. */
const write = (ink) => ink.map((value) => value.toString(FULL + 1)).join("");
const written = { start: "", read: (given) => (/^[0-9a-g]{64}$/.test(given) ? given : "") };

const square = (plot, column, row, attributes) => draw("rect", { x: plot.x(column - 0.5), y: plot.y(row - 0.5), width: plot.x(1) - plot.x(0), height: plot.y(1) - plot.y(0), ...attributes });

function map(plot, values, tint = () => "var(--nn-ink)", top = Math.max(1e-9, ...values.map(Math.abs))) {
  plot.paint(values.map((value, index) => square(plot, index % SIDE, Math.floor(index / SIDE), { fill: tint(value), "fill-opacity": (Math.abs(value) / top).toFixed(3), stroke: "var(--nn-grid)", "stroke-width": 0.6 })),
    /* Against is told by a sign as well as by colour. */
    values.map((value, index) => (value < -top / 6 ? text(plot.x(index % SIDE), plot.y(Math.floor(index / SIDE)) + 4.5, "−", { class: "nn-middle nn-strong" }) : [])));
}

instrument("digits", {
  label: "A digit to draw",
  hint: "Draw with mouse, finger or arrow keys; push the digit by a pixel; look at the mistakes.",
  state: { px: number(3, 0, SIDE - 1, 1, 0.01), py: number(3, 0, SIDE - 1, 1, 0.01), pen: oneOf(["draws", "erases", "up"]), pick: number(0, 0, 5, 1), pushed: number(0, 0, 99, 1), ink: written },
  build(ui) {
    const { weights, images, labels } = ui.data;
    const grid = { x: [-0.5, SIDE - 0.5], y: [SIDE - 0.5, -0.5] };
    const paper = ui.plot({ label: "The digit", width: 300, height: 300, ...grid, margin: [2, 2, 2, 2] });
    const bars = ui.plot({ label: "The ten shares", width: 340, height: 300 });
    const small = (label, rows = SIDE) => {
      const plot = ui.plot({ label, look: "nn-small", width: 160, height: 170, x: grid.x, y: [rows - 0.5, -0.5], margin: [20, 2, 2 + (SIDE - rows) * 18.5, 2] });
      plot.note(text(2, 13, label, { class: "nn-quiet" }));
      return plot;
    };
    const [first, second, weighed] = [small("first layer"), small("second layer", 4), small("for and against")];
    const inkOf = ({ ink, pick }) => (ink ? [...ink].map((digit) => parseInt(digit, FULL + 1)) : images[pick]);
    const to = (x, y, from, state) => {
      const [px, py] = [x, y].map((value) => Math.max(0, Math.min(SIDE - 1, value)));
      return { px, py, ...(state.pen === "up" ? {} : { ink: write(stroke(inkOf(state), from ?? [px, py], [px, py], state.pen)) }) };
    };
    const here = ({ px, py }) => [px, py];
    const move = (x, y, state) => to(x, y, here(state), state);
    paper.handle({
      label: "Pen", low: 0, high: SIDE - 1, at: here, move,
      keys: (steps, across, state) => {
        const [x, y] = here(state).map(Math.round);
        return across ? move(x, y - steps, state) : move(x + steps, y, state);
      },
      value: ({ px }) => px, words: ({ px, py, pen }) => `${pen}, column ${Math.round(px) + 1}, row ${Math.round(py) + 1}`,
    });
    paper.grab((x, y) => move(x, y, ui.state), { start: (x, y) => to(x, y, null, ui.state), scrolls: false });
    ui.choice("pen", "pen");
    const push = (name, way, across, down) => ui.button(name, (state) => ({ ink: write(shift(inkOf(state), across, down)), pushed: state.pushed + 1 })).setAttribute("aria-label", `Push ${way}`);
    push("←", "left", -1, 0); push("→", "right", 1, 0); push("↑", "up", 0, -1); push("↓", "down", 0, 1);
    ui.button("Blank", () => ({ ink: "0".repeat(SIDE * SIDE), pushed: 0 }));
    ui.button("Next mistake", ({ pick }) => ({ pick: (pick % (images.length - 1)) + 1, ink: "", pushed: 0 }));

    return (state) => {
      const ink = inkOf(state);
      const image = ink.map((value) => value / FULL);
      const { h1, h2, shares } = read(weights, image);
      const order = shares.map((share, digit) => [share, digit]).sort((a, b) => b[0] - a[0]);
      const [[share, digit], [, next]] = order;
      map(paper, image, () => "var(--nn-ink)", 1);
      map(first, h1);
      map(second, h2);
      map(weighed, counted(weights, image, digit), (value) => `var(--nn-${value < 0 ? "orange" : "blue"})`);
      bars.paint(shares.map((value, index) => [
        text(16, 22 + index * 29, index, { class: index === digit ? "nn-strong" : "" }),
        draw("rect", { class: index === digit ? "nn-yes" : "nn-plain", x: 34, y: 6 + index * 29, width: 230 * value, height: 22 }),
        text(40 + 230 * value, 22 + index * 29, `${say(100 * value, 1)} %`, { class: index === digit ? "nn-strong" : "nn-quiet" }),
      ]));
      const silent = (values) => say((100 * values.filter((value) => value === 0).length) / values.length, 0);
      const truth = state.ink ? "" : `It is a ${labels[state.pick]}. `;
      const why = state.pushed ? " Pushed: each weight belongs to one pixel, and now meets other ink." : "";
      return `${truth}The network says ${digit}, with a share of ${say(100 * share, 1)} %; next comes ${next}. Silent: ${silent(h1)} % of the first layer, ${silent(h2)} % of the second. For and against: blue ink counted for the ${digit}, orange (−) against it.${why}`;
    };
  },
});
