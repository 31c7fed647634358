/* Width, epochs and weight decay of the page's network: its curve, both losses, and what one more notch of each would do.
   Each of the hundred and twenty runs was trained and recorded when the page was built; there are no others in between. */

import { draw, instrument, oneOf, say, text } from "./kit.js";

const WIDTHS = [1, 2, 4, 8, 32, 64];
const DECAYS = [0, 0.1, 1, 5];
const EPOCHS = [12, 50, 200, 400, 800];
/* The schedule is made for 400 epochs: a shorter run is the beginning of that one. */
const WHOLE = 400;
const FLOOR = 0.2 ** 2;
const SETTINGS = { "Too simple": { width: 2, epochs: 400, decay: 0 }, "Too short": { width: 32, epochs: 12, decay: 0 }, "Too regularised": { width: 32, epochs: 400, decay: 5 }, "None of these": { width: 32, epochs: 400, decay: 0 } };

/* What two losses mean beside the noise floor, as the page's table has it: high is above twice the floor. Two that lie close together are no reason to look twice. */
export function judge(training, unseen, floor) {
  if (training > 2 * floor) return unseen <= Math.min(2 * floor, 0.8 * training) ? "look twice" : "underfitting";
  return unseen > 2 * floor ? "overfitting" : "healthy";
}

/* The next of a list's entries, or nothing after the last. */
export const notch = (list, value, by) => list[list.indexOf(value) + by] ?? null;

instrument("underfitting", {
  label: "Width, epochs and decay, to try",
  hint: "Change one setting at a time: which of them lowers the training loss?",
  state: { width: oneOf(WIDTHS, 2), epochs: oneOf(EPOCHS, 400), decay: oneOf(DECAYS, 0) },
  build(ui) {
    const { points, xs, truth, epochs: noted, runs } = ui.data;
    const margin = [20, 10, 36, 30];
    const plane = ui.plot({ label: "The points and the network's curve", x: [-3, 3], y: [-2.4, 2.4], margin });
    const losses = ui.plot({ label: "Both losses over the epochs", x: [0, Math.log10(800)], y: [0, 1], margin });
    plane.axes({ x: [-3, 0, 3], y: [-2, 0, 2], names: ["x", "y"] });
    losses.axes({ y: [0, 0.5, 1], digits: 1, names: ["epoch (logarithmic)", "loss"] });
    losses.note([1, 10, 100, 800].map((epoch) => text(losses.x(Math.log10(epoch)), 280, epoch, { class: "nn-tick" })));
    const spots = points.map(([x, y]) => plane.dot(x, y, { r: 2.6, fill: "var(--nn-muted)", "fill-opacity": 0.6 }));
    const target = plane.path(xs.map((x, at) => [x, truth[at]]), { class: "nn-thin", "stroke-dasharray": "2 3" });
    ui.slider("width", "neurons", String);
    ui.slider("epochs", "epochs", String);
    ui.slider("decay", "weight decay", String);
    for (const [name, settings] of Object.entries(SETTINGS)) ui.button(name, () => settings);
    const of = ({ width, epochs, decay }) => runs[`${width} ${decay} ${epochs}`];

    return (state) => {
      const run = of(state);
      const whole = of({ ...state, epochs: Math.max(WHOLE, state.epochs) });
      const [training, unseen] = [run.loss.at(-1), run.val_loss.at(-1)];
      plane.paint(spots, target, plane.path(xs.map((x, at) => [x, run.curve[at]]), { class: "nn-blue", "stroke-width": 3 }));
      const until = noted.filter((epoch) => epoch <= state.epochs);
      const row = (values, last) => [...until.map((epoch, at) => [Math.log10(epoch), values[at]]), [Math.log10(state.epochs), last]];
      losses.paint(
        losses.path([[0, FLOOR], [3, FLOOR]], { class: "nn-thin", "stroke-dasharray": "2 3" }),
        text(losses.x(0) + 4, losses.y(FLOOR) - 5, "noise floor", { class: "nn-quiet nn-small-text" }),
        losses.path(row(whole.loss, training), { class: "nn-blue" }), losses.path(row(whole.val_loss, unseen), { class: "nn-orange" }),
        draw("rect", { class: "nn-mark nn-other", x: losses.x(Math.log10(state.epochs)) - 6.5, y: losses.y(unseen) - 6.5, width: 13, height: 13 }), losses.dot(Math.log10(state.epochs), training, { class: "nn-mark", r: 4.5 }),
        text(330, 34, "● training", { class: "nn-end nn-small-text", fill: "var(--nn-blue)" }), text(330, 50, "■ unseen", { class: "nn-end nn-small-text", fill: "var(--nn-orange)" }),
      );
      const changes = [["wider", { width: notch(WIDTHS, state.width, 1) }], ["longer", { epochs: notch(EPOCHS, state.epochs, 1) }], ["less decay", { decay: notch(DECAYS, state.decay, -1) }]];
      const after = changes.filter(([, change]) => !Object.values(change).includes(null)).map(([name, change]) => `${name} ${say(of({ ...state, ...change }).loss.at(-1))}`);
      return `Training loss ${say(training)}, unseen ${say(unseen)}, noise floor ${say(FLOOR)}: ${judge(training, unseen, FLOOR)}. `
        + (after.length ? `With one notch more, the training loss would be: ${after.join(", ")}.` : "There is no notch left to turn.");
    };
  },
});
