/* The playground: settings in the address, a network that `nnlib` trains in the page's Python, and the script that does the same.
   Before anything is pressed it shows a run that was recorded when the site was built. */

import { draw, instrument, make, say, text } from "./kit.js";
import { columnsOf, FEATURES, NAMES, settingsOf, START, STATE } from "../playground/settings.js";
import { coloursOf, contour, paint } from "../playground/maps.js";
import { Network } from "../playground/network.js";
import { Trainer } from "../playground/trainer.js";

/* Who asked for less motion takes steps, and nothing plays. */
const STILL = matchMedia("(prefers-reduced-motion: reduce)").matches;
const PRESS = STILL ? "Step" : "Play or Step";
const RADIUS = 3.6;
const MANY = 100;
const MOST_MARKS = 300;
const GRID = 48;
const SMALL = 16;

/* The bytes of an answer: the output's map, and those of features and units, with the output's at their end, as small as they are. */
export function split(bytes) {
  const output = bytes.subarray(0, GRID * GRID);
  const units = [];
  for (let at = GRID * GRID; at < bytes.length; at += SMALL * SMALL) units.push(bytes.subarray(at, at + SMALL * SMALL));
  const every = GRID / SMALL;
  return { output, units: [...units, output.filter((_, at) => at % every === 0 && Math.floor(at / GRID) % every === 0)] };
}

/* The least of 1, 2, 5, 10, ... times `unit` that is as large. */
export function roundUp(value, unit) {
  let [low, step] = [unit, 0];
  while (low < value) low *= [2, 2.5, 2][step++ % 3];
  return low;
}

/* Half of the places, once there are many: the curve stays, and is as quick to draw. */
export const thinned = (rows) => (rows.length > MOST_MARKS ? rows.filter((_, at) => at % 2 === 0 || at === rows.length - 1) : rows);

export function sentence({ step, epoch, seen, unseen, right, findings, diverged }) {
  const share = (part) => `${Math.round(100 * part)}%`;
  if (diverged) return `Step ${step}: ${diverged}`;
  /* The likeliest causes; what comes after them may follow from them. */
  const found = findings.length ? findings.slice(0, 2).join(" ") : "The monitor finds nothing wrong.";
  return `Step ${step}, epoch ${epoch}: loss ${say(Number(seen), 3)} on what it has seen, ${say(Number(unseen), 3)} on what it has not; ${share(right[0])} and ${share(right[1])} right (all rounded). ${found}`;
}

const circle = (x, y) => `M${x - RADIUS} ${y}a${RADIUS} ${RADIUS} 0 1 0 ${2 * RADIUS} 0a${RADIUS} ${RADIUS} 0 1 0 ${-2 * RADIUS} 0`;
const square = (x, y) => `M${x - RADIUS} ${y - RADIUS}h${2 * RADIUS}v${2 * RADIUS}h${-2 * RADIUS}z`;

/* The plane: colours below, the line and the points above. */
function field(ui) {
  const plot = ui.plot({ label: "The plane with its points, and what the network says about each place", width: 300, height: 300, x: [-1, 1], y: [-1, 1] });
  const canvas = make("canvas", { "aria-hidden": "true", width: 1, height: 1 });
  const key = make("p", { class: "nn-key", "aria-hidden": "true" }, "Round points are blue, square ones orange. Filled: seen. Hollow: not seen.");
  /* What plays stands right below, and what it says: all of it fits on one screen with the plane. */
  ui.drawings.append(make("div", { class: "nn-ground" }, make("div", { class: "nn-plane" }, canvas, plot.svg), key), ui.controls, ui.seen);
  let shown = null;
  let marks = [];
  function place(points) {
    if (points === shown) return;
    shown = points;
    marks = [];
    if (!points) return;
    const [x, y, half] = points.view;
    plot.frame([x - half, x + half], [y - half, y + half]);
    for (const label of [0, 1]) {
      for (const seen of [0, 1]) {
        const chosen = points.is.flatMap((is, at) => (is === label && points.seen[at] === seen ? [at] : []));
        const d = chosen.map((at) => (label ? circle : square)(plot.x(points.x[at]), plot.y(points.y[at]))).join("");
        marks.push(draw("path", { d, class: `nn-point ${label ? "nn-of-blue" : "nn-of-orange"} ${seen ? "" : "nn-unseen"}` }));
      }
    }
  }
  return (points, bytes, colours) => {
    place(points);
    if (bytes) paint(canvas, bytes, colours);
    else canvas.width = canvas.height = 1;
    const size = bytes && Math.sqrt(bytes.length) - 1;
    const line = bytes && draw("path", { d: contour(bytes), class: "nn-line", transform: `scale(${300 / size})`, "vector-effect": "non-scaling-stroke" });
    plot.paint(line ? [line] : [], marks);
    plot.note(points ? [] : text(150, 155, `Press ${PRESS}`, { class: "nn-middle nn-quiet" }));
  };
}

function curves(ui) {
  const plot = ui.plot({ label: "The loss on what was seen and on what was not, by step", width: 340, height: 330, margin: [26, 22, 38, 40] });
  return (rows) => {
    const finite = rows.flatMap(([, ...losses]) => losses).filter(Number.isFinite);
    const [wide, high] = [roundUp(rows.at(-1)?.[0] ?? 0, 100), Math.min(5, roundUp(Math.max(0, ...finite), 0.1))];
    plot.frame([0, wide], [0, high]);
    plot.axes({ x: [0, wide / 2, wide], names: ["step", "loss"] });
    plot.note(
      [0, high / 2, high].map((value) => text(34, plot.y(value) + 4, say(value, high < 1 ? 2 : 1), { class: "nn-tick nn-end" })),
      draw("path", { class: "nn-blue", d: "M150 14h24" }), text(180, 18, "seen"),
      draw("path", { class: "nn-orange", d: "M230 14h24" }), text(260, 18, "not seen"),
    );
    const line = (at) => plot.path(rows.filter((row) => Number.isFinite(row[at])).map((row) => [row[0], row[at]]), { class: at === 1 ? "nn-blue" : "nn-orange" });
    plot.paint(rows.length ? [line(1), line(2)] : []);
  };
}

/* Switches for the features, made like the kit's choices. */
function switches(ui) {
  const inputs = Object.entries(FEATURES).map(([name, words]) => {
    const input = make("input", { type: "checkbox", name: `nn-playground-${name}` });
    input.addEventListener("change", () => ui.set({ features: inputs.filter((one) => one.input.checked).map((one) => one.name).join("-") }));
    return { name, input, label: make("label", {}, input, make("span", {}, words)) };
  });
  ui.controls.append(make("fieldset", { class: "nn-choice" }, make("legend", {}, "Features"), ...inputs.map(({ label }) => label)));
  ui.parts.push((state) => { for (const { name, input } of inputs) input.checked = state.features.split("-").includes(name); });
}

function controls(ui) {
  const bar = ui.controls;
  function group(name, fill) {
    ui.controls = make("div", { class: "nn-controls nn-group", role: "group", "aria-label": name }, make("p", { "aria-hidden": "true" }, name));
    fill();
    ui.drawings.after(ui.controls);
    ui.controls = bar;
  }
  const units = (value) => (value ? String(value) : "none");
  /* Each is put right below the drawings, so the last comes first. */
  group("Training", () => {
    ui.choice("loss", "Loss", NAMES.loss);
    ui.choice("optimizer", "Optimiser", NAMES.optimizer);
    ui.slider("rate", "Step size", String);
    ui.choice("schedule", "Schedule", NAMES.schedule);
    ui.slider("batch", "Batch", (value) => (value === 500 ? "all" : String(value)));
    ui.slider("decay", "Weight decay", String);
    ui.slider("dropout", "Dropout", (value) => say(value, 1));
    ui.slider("seed", "Seed", String);
  });
  group("Network", () => {
    switches(ui);
    ui.slider("first", "Units, layer 1", units);
    ui.slider("second", "Units, layer 2", units);
    ui.slider("third", "Units, layer 3", units);
    ui.choice("activation", "Activation", NAMES.activation);
  });
  group("Data", () => {
    ui.choice("data", "Data", NAMES.data);
    ui.slider("noise", "Noise");
    ui.slider("number", "Points", String);
    ui.slider("split", "Seen", (value) => `${value}%`);
  });
}

/* The script that makes this run, from Python, which makes the run of it. */
function program(ui, trainer, stepNow) {
  const code = make("code");
  const note = make("p", { class: "nn-key", role: "status" });
  const open = make("button", { type: "button", class: "nn-button" }, "Open in the Workbench");
  const copy = make("button", { type: "button", class: "nn-button" }, "Copy");
  const panel = make("div", { class: "nn-script", hidden: "" }, make("pre", { tabindex: "0", role: "region", "aria-label": "The script of this run" }, code), make("div", { class: "nn-buttons" }, copy, open), note);
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      note.textContent = "Copied.";
    } catch {
      note.textContent = "The browser does not let it be copied: select the text.";
    }
  });
  open.addEventListener("click", async () => {
    const { fragment } = await import("../live/share.js");
    const { workbench } = JSON.parse(document.querySelector("meta[name=nn-python]").content);
    location.href = workbench + await fragment([code.textContent]);
  });
  /* The latest that is asked for counts. */
  let shown = "";
  async function write() {
    const wanted = stepNow();
    if (panel.hidden || trainer.playing || wanted.key === shown) return;
    shown = wanted.key;
    try {
      const script = await trainer.script(wanted.step);
      if (shown === wanted.key) code.textContent = script;
    } catch (error) {
      panel.hidden = true;
      trainer.failed(error);
    }
  }
  const button = ui.press("Show the code", () => {
    panel.hidden = !panel.hidden;
    note.textContent = shown = "";
    ui.render();
  });
  ui.parts.push(() => { button.setAttribute("aria-expanded", String(!panel.hidden)); write(); });
  ui.seen.after(panel);
}

function build(ui) {
  const first = JSON.stringify(START);
  const { maps, points, curves: recorded, ...record } = ui.data;
  /* What is shown: an answer, the settings that it is of, and all losses of its run so far. */
  let now = { key: first, answer: record, points, maps: split(Uint8Array.from(atob(maps), (byte) => byte.charCodeAt(0))), rows: recorded };
  let told = "";

  const onPlane = field(ui);
  const onCurves = curves(ui);
  const network = new Network((unit) => ui.set({ unit }));
  const words = make("p", { class: "nn-key nn-formula" });
  ui.drawings.append(network.element, words);

  const trainer = new Trainer({
    state: () => ui.state,
    say(text) {
      told = text;
      /* In the end it is heard, too. */
      ui.set({});
    },
    show({ key, bytes, ...answer }) {
      const begins = answer.points !== undefined;
      const rows = begins ? [] : now.rows;
      now = {
        key,
        answer,
        points: answer.points ?? now.points,
        maps: split(bytes),
        rows: thinned([...rows, [answer.step, Number(answer.seen), Number(answer.unseen)]]),
      };
      told = "";
      ui.set({});
      tellButtons();
    },
  });

  const play = STILL ? null : ui.press("Play", () => { trainer.play(!trainer.playing); tellButtons(); });
  const tellButtons = () => { if (play) play.textContent = trainer.playing ? "Pause" : "Play"; };
  ui.press("Step", () => { ui.pause(); trainer.step(1); });
  ui.press(`${MANY} steps`, () => { ui.pause(); trainer.step(MANY); });
  ui.press("Start again", () => { trainer.again(); });
  if (!STILL) ui.choice("pace", "Pace", NAMES.pace);
  ui.pause = () => { trainer.play(false); tellButtons(); };
  controls(ui);
  program(ui, trainer, () => {
    const step = now.key === trainer.key ? now.answer.step : 0;
    return { step, key: `${trainer.key} ${step}` };
  });
  ui.measured = trainer.measured;

  new MutationObserver(() => ui.render()).observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });

  return (state) => {
    const key = JSON.stringify(settingsOf(state));
    const fits = now.key === key;
    trainer.look();
    const columns = columnsOf(state);
    const exists = state.unit === "output" || columns.slice(0, -1)[state.unit.split(".")[0]]?.[state.unit.split(".")[1]];
    const unit = exists ? state.unit : "output";
    const colours = coloursOf(ui.host);
    network.show(columns, fits && now.answer.weights, fits && now.maps.units, colours, unit);
    const large = unit === "output" ? now.maps.output : now.maps.units[network.nodes.findIndex((node) => node.key === unit)];
    onPlane(fits ? now.points : null, fits ? large : null, colours);
    onCurves(fits ? now.rows : []);
    words.textContent = fits ? network.words(columns, now.answer.weights, unit, state) : "";
    if (told) return told;
    if (!fits) return `Nothing has been trained with these settings yet: press ${PRESS}.`;
    return sentence(now.answer);
  };
}

instrument("playground", {
  label: "Playground: a network that nnlib trains in this page",
  hint: `You start with a run recorded when the site was built. ${PRESS} starts a new one in your browser; the first time, Python (9 MB) is loaded.`,
  state: STATE,
  build,
});
