/* Draws the network: a picture of the plane for each feature and unit, and between them the weights, by their width and their dashes. */

import { draw, make, say } from "../instruments/kit.js";
import { paint } from "./maps.js";

/* So wide is a weight's line; twice the weight is never twice the width, so that none covers the others. */
export const widthOf = (weight) => (Number.isFinite(weight) ? 0.4 + (4.6 * Math.abs(weight)) / (2 + Math.abs(weight)) : 0.4);

const names = (column, at) => (at ? column.map((_, unit) => `u${"₁₂₃₄₅₆₇₈"[unit]}`) : column);

/* What a unit computes, in digits. */
export function formula([weights, biases], unit, inputs) {
  if (![...weights[unit], biases[unit]].every((each) => Number.isFinite(Number(each)))) return "weights that are no longer numbers";
  const terms = weights[unit].map((weight, at) => `${say(Number(weight))}·${inputs[at]}`);
  return [...terms, say(Number(biases[unit]))].join(" + ").replaceAll("+ −", "− ");
}

export class Network {
  constructor(choose) {
    this.choose = choose;
    this.lines = draw("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" });
    this.units = make("fieldset", { class: "nn-units" }, make("legend", { class: "nn-heard" }, "The network: choose a unit to see its map large"));
    this.element = make("div", { class: "nn-net" }, this.lines, this.units);
    this.shape = "";
  }

  /* Made anew when there are other columns; a radio for each unit, so that arrow keys go through them. */
  build(columns) {
    const shape = JSON.stringify(columns);
    if (shape === this.shape) return;
    const focused = this.units.contains(document.activeElement);
    this.shape = shape;
    this.nodes = columns.flatMap((column, at) => column.map((name, unit) => this.node(columns, at, unit, name)));
    this.units.replaceChildren(this.units.firstChild, ...this.nodes.map(({ label }) => label));
    const place = (at, unit) => [(100 * (at + 0.5)) / columns.length, (100 * (unit + 0.5)) / columns[at].length];
    this.weights = columns.slice(1).map((column, at) => column.map((_, unit) => columns[at].map((_, from) => {
      const [[x1, y1], [x2, y2]] = [place(at, from), place(at + 1, unit)];
      return draw("line", { x1, y1, x2, y2, "vector-effect": "non-scaling-stroke" });
    })));
    this.lines.replaceChildren(...this.weights.flat(2));
    if (focused) this.nodes.at(-1).input.focus();
  }

  node(columns, at, unit, name) {
    const last = at === columns.length - 1;
    const key = last ? "output" : `${at}.${unit}`;
    const input = make("input", { type: "radio", name: "nn-playground-unit", value: key, "aria-label": last ? "Output" : at ? `Layer ${at}, unit ${name}` : `Feature ${name}` });
    input.addEventListener("change", () => this.choose(key));
    const canvas = make("canvas", { "aria-hidden": "true", width: 1, height: 1 });
    const label = make("label", {}, input, canvas);
    if (!at) label.append(make("span", { "aria-hidden": "true" }, name));
    label.style.left = `${(100 * (at + 0.5)) / columns.length}%`;
    label.style.top = `${(100 * (unit + 0.5)) / columns[at].length}%`;
    return { key, input, canvas, label };
  }

  /* `maps` are those of the features and units in their order, and last the output's. */
  show(columns, weights, maps, colours, chosen) {
    this.build(columns);
    this.nodes.forEach(({ key, input, canvas }, at) => {
      input.checked = key === chosen;
      if (maps) paint(canvas, maps[at], colours);
      else canvas.width = canvas.height = 1;
    });
    this.weights.forEach((layer, at) => layer.forEach((row, unit) => row.forEach((line, from) => {
      const weight = weights ? Number(weights[at][0][unit][from]) : 0;
      line.setAttribute("class", weight < 0 ? "nn-orange" : "nn-blue");
      line.style.strokeWidth = weights ? widthOf(weight).toFixed(2) : 0.4;
    })));
  }

  /* A sentence about the chosen unit. */
  words(columns, weights, chosen, { activation, loss }) {
    const layer = chosen === "output" ? columns.length - 1 : Number(chosen.split(".")[0]);
    const unit = chosen === "output" ? 0 : Number(chosen.split(".")[1]);
    if (!layer) return `Feature ${columns[0][unit]}: what the network is given.`;
    const total = formula(weights[layer - 1], unit, names(columns[layer - 1], layer - 1));
    if (chosen === "output") return `Output, more than 0 for blue: ${total}${loss === "squares" ? ", then the sigmoid" : ""}.`;
    return `Layer ${layer}, unit ${unit + 1}: ${activation === "none" ? total : `${activation}(${total})`}.`;
  }
}
