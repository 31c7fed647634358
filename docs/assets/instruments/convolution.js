/* A window of nine weights to be dragged over an image: its products, their sum, and the map of all sums.
   It starts as the page's edge and the page's stamp; the digit is the page's too, once in its place and once moved by a pixel, and so is the photograph. */

import { draw, instrument, number, oneOf, say, text } from "./kit.js";

export function side(size, kernel, padding, stride) {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/* What lies under the window that belongs to one place of the map; outside the image there are zeros. */
export function under(image, row, column, size, stride, padding) {
  const at = (place, by) => place * stride - padding + by;
  const by = Array.from({ length: size }, (_, index) => index);
  return by.map((down) => by.map((right) => image[at(row, down)]?.[at(column, right)] ?? 0));
}

export function convolve(image, kernel, stride, padding) {
  const [rows, columns] = [image.length, image[0].length].map((size) => side(size, kernel.length, padding, stride));
  const sum = (window) => window.flat().reduce((total, value, index) => total + value * kernel.flat()[index], 0);
  return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (__, column) => sum(under(image, row, column, kernel.length, stride, padding))));
}

const moved = (image) => image.map((row) => [0, ...row.slice(0, -1)]);
const NINE = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const EDGE = [-1, 0, 1, -1, 0, 1, -1, 0, 1];
const STAMPS = { "Vertical edges": EDGE, "Horizontal edges": NINE.map((index) => EDGE[(index % 3) * 3 + Math.floor(index / 3)]), Blur: NINE.map(() => 1 / 9) };
const PLACES = ["top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"];
const weights = (values) => Object.fromEntries(NINE.map((index) => [`k${index}`, values[index]]));
const MOST = 31;
/* A pixel smaller than this has no room for its number. */
const ROOM = 20;
const BOX = 280;
const MAP = { left: 168, top: 26, size: 168 };

function cells(grid, left, top, size, paint) {
  const cell = size / grid.length;
  return grid.flatMap((row, r) => row.flatMap((value, c) => paint(value, left + c * cell, top + r * cell, cell)));
}

/* A photograph is made of light, the others of ink; light is the same in both schemes. */
function ink(value, image) {
  if (image === "photo") return { fill: `rgb(${Array(3).fill(Math.round(255 * value))})`, stroke: "none", "shape-rendering": "crispEdges" };
  return { fill: "var(--nn-muted)", "fill-opacity": 0.45 * value, stroke: "var(--nn-grid)" };
}

function tinted(value, strongest, x, y, cell, shown) {
  const strength = strongest > 0 ? Math.abs(value) / strongest : 0;
  return [
    draw("rect", { x, y, width: cell, height: cell, fill: `var(--nn-${value < 0 ? "orange" : "blue"})`, "fill-opacity": ((cell < ROOM / 2 ? 0.95 : 0.45) * strength).toFixed(3), stroke: cell < ROOM / 2 ? "none" : "var(--nn-grid)" }),
    cell >= 26 ? text(x + cell / 2, y + cell / 2 + 4, shown, { class: `nn-middle ${cell < 40 ? "nn-tiny" : ""}` }) : "",
  ];
}

instrument("convolution", {
  label: "Convolution, to try",
  hint: "Drag the window, and any weight sideways; stride and padding are explained below.",
  state: {
    image: oneOf(["edge", "digit", "moved", "photo"]), stride: oneOf([1, 2, 3]), padding: oneOf([0, 1]), row: number(0, 0, MOST, 1), column: number(0, 0, MOST, 1),
    ...Object.fromEntries(NINE.map((index) => [`k${index}`, number(EDGE[index], -2, 2, 0.5, 0.000001)])),
  },
  build(ui) {
    const images = { edge: ui.data.image, digit: ui.data.digit, moved: moved(ui.data.digit), photo: ui.data.photograph };
    const sheet = ui.plot({ label: "The image and the window", width: 340, height: 300 });
    const stamp = ui.plot({ label: "The stamp and the map", width: 340, height: 300 });
    const places = ({ image, stride, padding }) => side(images[image].length, 3, padding, stride);
    /* The window's place, which a smaller map may have no room for. */
    const at = (state) => [state.row, state.column].map((place) => Math.min(place, places(state) - 1));
    /* A pixel's size, and where the image starts when a border of zeros lies around it. */
    const grid = ({ image, padding }) => {
      const cell = BOX / (images[image].length + 2 * padding);
      return { cell, start: 10 + padding * cell };
    };
    const corner = (state) => {
      const { cell } = grid(state);
      return at(state).map((place) => 10 + place * state.stride * cell);
    };
    const to = (state, row, column) => {
      const held = (place) => Math.max(0, Math.min(places(state) - 1, Math.round(place)));
      return { row: held(row), column: held(column) };
    };
    sheet.handle({
      label: "The window", low: 0, high: MOST, look: "square",
      at: (state) => {
        const [top, left] = corner(state);
        const half = grid(state).cell * 1.5;
        return [left + half + 20, top + half];
      },
      move: (x, y, state) => {
        const { cell } = grid(state);
        return to(state, (y - 10 - cell * 1.5) / cell / state.stride, (x - 30 - cell * 1.5) / cell / state.stride);
      },
      keys: (steps, across, state) => {
        const [row, column] = at(state);
        return across ? to(state, row - steps, column) : to(state, row, column + steps);
      },
      value: ({ column }) => column, words: (state) => at(state).map((place, axis) => `${axis ? "column" : "row"} ${place + 1}`).join(", "),
    });
    for (const index of NINE) {
      stamp.knob(`k${index}`, 24 + (index % 3) * 48, 40 + Math.floor(index / 3) * 34, { label: `weight ${PLACES[index]}` });
    }
    ui.choice("image", "image", { moved: "digit, moved", photo: "photograph" });
    ui.choice("stride", "stride");
    ui.choice("padding", "padding");
    for (const [name, values] of Object.entries(STAMPS)) ui.button(name, () => weights(values));

    return (state) => {
      const { stride, padding } = state;
      const image = images[state.image];
      const kernel = [0, 1, 2].map((r) => [0, 1, 2].map((c) => state[`k${r * 3 + c}`]));
      const map = convolve(image, kernel, stride, padding);
      const [row, column] = at(state);
      const window = under(image, row, column, 3, stride, padding);
      const { cell, start } = grid(state);
      const [top, left] = corner(state);
      sheet.paint(
        draw("rect", { class: "nn-thin", "stroke-dasharray": "3 3", x: 30, y: 10, width: BOX, height: BOX }),
        cells(image, start + 20, start, cell * image.length, (value, x, y, size) => [
          draw("rect", { x, y, width: size, height: size, ...ink(value, state.image) }),
          size < ROOM ? "" : text(x + size / 2, y + size / 2 + 4, say(value, state.image === "edge" ? 0 : 1), { class: `nn-middle ${size < 40 ? "nn-tiny" : ""}` }),
        ]),
        draw("rect", { class: "nn-blue", "stroke-width": 3, x: left + 20, y: top, width: 3 * cell, height: 3 * cell }),
      );
      const strongest = Math.max(...map.flat().map(Math.abs));
      const spot = MAP.size / map.length;
      const lines = window.map((values, r) => values.map((value, c) => `${say(kernel[r][c])} × ${say(value)}`).join(" + "));
      stamp.paint(
        text(0, 14, "stamp", { class: "nn-quiet" }),
        text(MAP.left, 14, `map, ${map.length} × ${map[0].length}`, { class: "nn-quiet" }),
        cells(map, MAP.left, MAP.top, MAP.size, (value, x, y, size) => tinted(value, strongest, x, y, size, say(value, state.image === "edge" ? 0 : 1))),
        draw("rect", { class: "nn-line", x: MAP.left + column * spot, y: MAP.top + row * spot, width: spot, height: spot }),
        lines.map((line, r) => text(0, 226 + r * 20, `${line}${r < 2 ? " +" : ""}`)),
        text(0, 290, `= ${say(map[row][column])}`, { class: "nn-strong" }),
      );
      return `At row ${row + 1}, column ${column + 1} of the map the nine products add up to ${say(map[row][column])}. `
        + `${image.length} pixels, a stamp of 3, padding ${padding} and stride ${stride} leave ${map.length} places each way.`;
    };
  },
});
