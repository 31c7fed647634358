/* What can be set in the playground, and how it is called. Python holds the same lists, and takes nothing that is not in them. */

import { oneOf } from "../instruments/kit.js";

const upTo = (last) => Array.from({ length: last + 1 }, (_, index) => index);

export const CHOICES = {
  data: ["moons", "spirals", "circles", "xor", "fruit"],
  noise: upTo(10).map((part) => part / 20),
  number: [20, 50, 100, 200, 300, 500],
  split: [10, 20, 30, 40, 50, 60, 70, 80, 90],
  first: upTo(8),
  second: upTo(8),
  third: upTo(8),
  activation: ["relu", "tanh", "sigmoid", "gelu", "none"],
  loss: ["entropy", "squares"],
  optimizer: ["sgd", "momentum", "adam"],
  rate: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
  schedule: ["constant", "warmup", "halving", "cosine"],
  batch: [1, 5, 10, 20, 50, 500],
  decay: [0, 0.0001, 0.001, 0.01, 0.1],
  dropout: [0, 0.1, 0.2, 0.3, 0.5],
  seed: upTo(99),
};
export const START = {
  data: "moons", noise: 0.15, number: 200, split: 50, features: "x-y", first: 8, second: 4, third: 0, activation: "tanh",
  loss: "entropy", optimizer: "adam", rate: 0.03, schedule: "constant", batch: 20, decay: 0, dropout: 0, seed: 1,
};
export const FEATURES = { x: "x₁", y: "x₂", xx: "x₁²", yy: "x₂²", xy: "x₁x₂", sx: "sin 3x₁", sy: "sin 3x₂" };

/* Some of the features, in their order; never none. */
const features = {
  start: START.features,
  read(given) {
    const asked = String(given).split("-");
    return Object.keys(FEATURES).filter((name) => asked.includes(name)).join("-") || START.features;
  },
};

/* Which unit is shown large: "output", or its layer and its number; and how many steps a picture shows, 0 for as many as fit. */
const UNITS = ["output", ...upTo(3).flatMap((layer) => upTo(7).map((unit) => `${layer}.${unit}`))];
export const PACES = [1, 10, 0];

export const STATE = {
  ...Object.fromEntries(Object.entries(CHOICES).map(([name, choices]) => [name, oneOf(choices, START[name])])),
  features,
  pace: oneOf(PACES),
  unit: oneOf(UNITS),
};

/* What a run is made of, apart from how it is looked at. */
export const settingsOf = (state) => Object.fromEntries(Object.keys(START).map((name) => [name, state[name]]));

export const columnsOf = ({ features, first, second, third }) => [
  features.split("-").map((name) => FEATURES[name]),
  ...[first, second, third].filter(Boolean).map((units) => upTo(units - 1).map((unit) => String(unit + 1))),
  ["output"],
];

export const NAMES = {
  data: { moons: "Moons", spirals: "Spirals", circles: "Circles", xor: "XOR", fruit: "Fruit" },
  activation: { relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid", gelu: "GELU", none: "none" },
  loss: { entropy: "Cross-entropy", squares: "Squared error" },
  optimizer: { sgd: "SGD", momentum: "SGD with momentum", adam: "Adam" },
  schedule: { constant: "Constant", warmup: "Warm-up of 100", halving: "Halved every 500", cosine: "Cosine over 1,000" },
  pace: { 1: "1 step per picture", 10: "10 steps", 0: "As fast as possible" },
};
