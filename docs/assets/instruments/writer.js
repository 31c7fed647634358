/* The page's trained Transformer at work: type a beginning, see where each head looks from each letter, what may come next, and have it write on.
   Weights are the page's own, to 18 bits: with them it writes what the page has printed. Chance was drawn beforehand, by `nnlib`, as the page draws it. */

import { SIGNS, draw, instrument, number, say, text } from "./kit.js";

const WORTH = new Map([...SIGNS].map((sign, worth) => [sign, worth]));

/* A table of weights as it was packed: whole numbers of 18 bits, three signs each, in units of `unit`. */
export function unpack(packed, unit) {
  const worth = (at) => WORTH.get(packed[at]);
  return Array.from({ length: packed.length / 3 }, (_, at) => unit * (4096 * worth(3 * at) + 64 * worth(3 * at + 1) + worth(3 * at + 2) - 131072));
}

export function softmax(totals, temperature) {
  const top = Math.max(...totals);
  const powers = totals.map((total) => Math.exp((total - top) / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/* Where a number from 0 to 1 falls when the shares lie end to end. */
export function pick(shares, drawn) {
  let [at, sum] = [0, shares[0]];
  while (sum < drawn && at < shares.length - 1) {
    at += 1;
    sum += shares[at];
  }
  return at;
}

/* Most of the work is done here: a plain loop, several times as fast as one with functions. */
function linear(weights, biases, row) {
  const sums = [...biases];
  for (let out = 0, at = 0; out < sums.length; out += 1) for (let put = 0; put < row.length; put += 1, at += 1) sums[out] += weights[at] * row[put];
  return sums;
}

function normed(row, weights, biases) {
  const mean = row.reduce((a, b) => a + b) / row.length;
  const spread = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map((value, at) => ((value - mean) / Math.sqrt(spread + 1e-5)) * weights[at] + biases[at]);
}

/* `weights` by the names that the page's model gives them, each table as one row; `looks` by block, head and letter, up to the letter itself. */
export function think(weights, codes, heads) {
  const width = weights["norm.weight"].length;
  const size = width / heads;
  const layer = (name, row) => linear(weights[`${name}.weight`], weights[`${name}.bias`], row);
  const norm = (name, row) => normed(row, weights[`${name}.weight`], weights[`${name}.bias`]);
  const plus = (row, more) => row.map((value, at) => value + more[at]);
  const entry = (table, at) => weights[table].slice(at * width, (at + 1) * width);
  let rows = codes.map((code, at) => plus(entry("character.weight", code), entry("place.weight", at)));
  const looks = [];
  for (let block = 0; `blocks.${block}.norm1.weight` in weights; block += 1) {
    const name = `blocks.${block}`;
    /* Query, key and value of each letter, one behind the other. */
    const asked = rows.map((row) => linear(weights[`${name}.self_attn.in_proj_weight`], weights[`${name}.self_attn.in_proj_bias`], norm(`${name}.norm1`, row)));
    const fit = (one, other, from) => {
      let sum = 0;
      for (let at = from; at < from + size; at += 1) sum += one[at] * other[width + at];
      return sum / Math.sqrt(size);
    };
    const seen = Array.from({ length: heads }, (_, head) => asked.map((one, at) => softmax(asked.slice(0, at + 1).map((other) => fit(one, other, head * size)), 1)));
    looks.push(seen);
    rows = rows.map((row, at) => {
      const mixture = row.map((_, part) => seen[Math.floor(part / size)][at].reduce((sum, share, other) => sum + share * asked[other][2 * width + part], 0));
      const after = plus(row, layer(`${name}.self_attn.out_proj`, mixture));
      const hidden = layer(`${name}.linear1`, norm(`${name}.norm2`, after)).map((value) => Math.max(0, value));
      return plus(after, layer(`${name}.linear2`, hidden));
    });
  }
  return { looks, totals: layer("next", norm("norm", rows.at(-1))) };
}

/* How much of its looks a head gives to the letter just before, on average. */
export function backwards(look) {
  return look.slice(1).reduce((sum, shares, at) => sum + shares[at], 0) / (look.length - 1);
}

const START = "the rabbit was late ";
const WINDOW = 24;
const MOST = 240;
const SHOWN = 9;
const [LEFT, CELL, TOP, STRIP] = [58, 10.2, 46, 30];
const SIDE = 78;
const TINTS = 6;
const shown = (letter) => ({ " ": "␣", "\n": "↵" })[letter] ?? letter;

/* One path a tint: hundreds of cells would be slow to draw. */
function map(look, left, top, size) {
  const cell = size / WINDOW;
  return Array.from({ length: TINTS }, (_, tint) => {
    const d = look.flatMap((shares, row) => shares.map((share, column) => (Math.round(share * TINTS) === tint + 1 ? `M${(left + column * cell).toFixed(2)} ${(top + row * cell).toFixed(2)}h${cell}v${cell}h${-cell}z` : ""))).join("");
    return draw("path", { d, fill: "var(--nn-blue)", "fill-opacity": (0.85 * (tint + 1)) / TINTS });
  });
}

instrument("writer", {
  label: "The Transformer at work",
  hint: "Type a beginning, point at a letter to see where its heads look, and let it write.",
  state: {
    text: { start: START, read: (given) => String(given ?? START).slice(-MOST) },
    letter: number(START.length - 1, 0, WINDOW - 1, 1), written: number(0, 0, 9999, 1), temperature: number(0.5, 0.05, 2, 0.05),
  },
  build(ui) {
    const { alphabet, draws, heads } = ui.data;
    const weights = Object.fromEntries(Object.entries(ui.data.weights).map(([name, [unit, packed]]) => [name, unpack(packed, unit)]));
    const strips = ui.plot({ label: "Where each head looks from one letter", width: 340, height: 300 });
    const next = ui.plot({ label: "What may come next", width: 340, height: 300 });
    const maps = ui.plot({ label: "All looks of all heads", look: "nn-flat", width: 340, height: 176 });
    const known = ({ text: given }) => [...given].filter((letter) => alphabet.includes(letter));
    const window = (state) => known(state).slice(-WINDOW);
    const at = (state) => Math.max(0, Math.min(state.letter, window(state).length - 1));
    const last = (given) => Math.min(WINDOW, given.length) - 1;
    /* Thought through once for each text, however much is pointed at. */
    let thought = { of: null };
    const mind = (letters) => {
      const of = letters.join("");
      if (thought.of !== of) thought = { of, ...think(weights, letters.map((letter) => alphabet.indexOf(letter)), heads) };
      return thought;
    };
    const to = (x, state) => ({ letter: Math.max(0, Math.min(window(state).length - 1, Math.floor((x - LEFT) / CELL))) });
    strips.handle({
      label: "Letter that looks", low: 0, high: WINDOW - 1, at: (state) => [LEFT + (at(state) + 0.5) * CELL, TOP - 26],
      move: (x, y, state) => to(x, state),
      keys: (steps, across, state) => to(LEFT + (Math.max(-1, Math.min(WINDOW, at(state) + steps)) + 0.5) * CELL, state),
      value: at, words: (state) => `letter ${at(state) + 1}, ${window(state)[at(state)] === " " ? "a blank" : window(state)[at(state)] ?? "none"}`,
    });
    strips.grab((x) => to(x, ui.state));
    strips.svg.addEventListener("pointermove", (event) => {
      const { letter } = to(strips.place(event)[0], ui.state);
      if (event.pointerType === "mouse" && !event.buttons && letter !== at(ui.state)) ui.set({ letter });
    });
    ui.field("text", "beginning", ({ text: given }) => ({ written: 0, letter: last(given) }));
    ui.slider("temperature", "temperature");
    const onwards = (state) => {
      const letters = window(state);
      const code = letters.length ? pick(softmax(mind(letters).totals, state.temperature), draws[state.written % draws.length]) : 0;
      const whole = known(state).join("") + alphabet[code];
      return { text: whole, written: state.written + 1, letter: last(whole) };
    };
    ui.button("“Alice ”", () => ({ text: "Alice ", written: 0, letter: 5 }));
    ui.button("Write a letter", onwards);
    ui.play((state) => (state.written < draws.length ? onwards(state) : null), 60);

    return (state) => {
      const letters = window(state);
      const strange = [...new Set([...state.text].filter((letter) => !alphabet.includes(letter)))];
      const odd = strange.length ? ` It has never read ${strange.slice(0, 5).join(" ")}, and passes over it.` : "";
      if (!letters.length) {
        for (const plot of [strips, next, maps]) plot.paint();
        return `There is nothing to look at yet: type a letter or two.${odd}`;
      }
      const { looks, totals } = mind(letters);
      const here = at(state);
      const spot = (place) => LEFT + place * CELL;
      strips.paint(
        text(spot(WINDOW) + 4, TOP, "most", { class: "nn-quiet nn-small-text" }),
        draw("rect", { class: "nn-plain", x: spot(here), y: TOP - 15, width: CELL, height: 18 }),
        letters.map((letter, place) => text(spot(place) + CELL / 2, TOP, shown(letter), { class: `nn-middle nn-small-text ${place === here ? "nn-strong" : ""}` })),
        looks.flat().map((look, head) => {
          const y = TOP + 10 + STRIP * head;
          const shares = look[here];
          return [
            text(0, y + 16, head % heads ? `head ${(head % heads) + 1}` : `${Math.floor(head / heads) + 1}: head 1`, { class: "nn-quiet nn-small-text" }),
            shares.map((share, place) => draw("rect", { x: spot(place), y, width: CELL, height: STRIP - 8, fill: "var(--nn-blue)", "fill-opacity": (0.85 * share).toFixed(3), stroke: "var(--nn-grid)", "stroke-width": 0.5 })),
            text(spot(WINDOW) + 4, y + 16, `${say(100 * Math.max(...shares), 0)} %`, { class: "nn-small-text" }),
          ];
        }),
      );
      const shares = softmax(totals, state.temperature);
      const order = shares.map((share, code) => [share, code]).sort((a, b) => b[0] - a[0]);
      next.paint(text(0, 14, "next letter", { class: "nn-quiet" }), order.slice(0, SHOWN).map(([share, code], place) => [
        text(24, 42 + place * 29, shown(alphabet[code]), { class: `nn-middle ${place ? "" : "nn-strong"}` }),
        draw("rect", { class: place ? "nn-plain" : "nn-yes", x: 42, y: 26 + place * 29, width: 220 * share, height: 22 }),
        text(48 + 220 * share, 42 + place * 29, `${say(100 * share, 1)} %`, { class: place ? "nn-quiet" : "nn-strong" }),
      ]));
      maps.paint(looks.flat().map((look, head) => {
        const [left, top] = [(head % heads) * 87, Math.floor(head / heads) * 90];
        const cell = SIDE / WINDOW;
        return [
          draw("rect", { class: "nn-plain", x: left, y: top + 2, width: SIDE, height: SIDE }),
          map(look, left, top + 2, SIDE),
          text(left + SIDE - 3, top + 14, `${Math.floor(head / heads) + 1}: head ${(head % heads) + 1}`, { class: "nn-quiet nn-small-text nn-end" }),
          draw("rect", { class: "nn-line", "stroke-width": 1, x: left, y: top + 2 + here * cell, width: (here + 1) * cell, height: cell }),
        ];
      }));
      const heard = looks.flat().map((look, head) => [letters.length > 1 ? backwards(look) : 0, head]).sort((a, b) => b[0] - a[0])[0];
      const [[share, code]] = order;
      const most = letters.length > 1 ? `Head ${(heard[1] % heads) + 1} of block ${Math.floor(heard[1] / heads) + 1} looks most at the letter just before: ${say(100 * heard[0], 0)} % on average. ` : "";
      return `${most}Of ${alphabet.length} letters, ${shown(alphabet[code])} is the likeliest to come next, with ${say(100 * share, 0)} % at temperature ${say(state.temperature)}.${odd}`;
    };
  },
});
