/* Has Python train, picture by picture: starts a run when the settings are others, goes on with it while it is played.
   Python itself comes when the first step is asked for, and never before. */

import { settingsOf } from "./settings.js";

const PICTURE_MILLISECONDS = 24;
const MOST_STEPS = 500;
/* So many at a time, where many are asked for at once: the curve has its points. */
const SOME_STEPS = 10;

const picture = () => new Promise((done) => { requestAnimationFrame(done); });

export class Trainer {
  /* `state` gives the settings as they are now; `show` gets an answer, `say` what is waited for. */
  constructor({ state, show, say }) {
    Object.assign(this, { state, show, say, coming: null, begun: false, busy: false, playing: false, steps: 0, run: "", fit: 1 });
    /* For those who measure. */
    this.measured = { steps: 0, pictures: 0, milliseconds: 0 };
  }

  get key() { return JSON.stringify(settingsOf(this.state())); }

  async load() {
    const here = document.querySelector("meta[name=nn-python]");
    if (!here) throw new Error("this copy of the page has no Python. The page on the site has.");
    const [{ Python, DOING }, { files }] = await Promise.all([import("../live/python.js"), import("../live/session.js")]);
    const python = new Python(files());
    python.tell = (doing, share = 0) => {
      this.loading = true;
      this.say(`${DOING[doing](share)} …`);
    };
    return python;
  }

  async ask(request) {
    this.coming ??= this.load();
    const python = await this.coming;
    const { broken, answer, bytes } = await python.call("playground", request);
    if (!answer) throw new Error(broken);
    if (this.loading) {
      this.loading = false;
      this.say("");
    }
    return { ...answer, bytes };
  }

  failed({ message }) {
    Object.assign(this, { coming: null, begun: false, playing: false, steps: 0, run: "" });
    this.say(`Nothing can be trained here: ${message}`);
  }

  /* Takes so many steps. */
  step(count) {
    this.steps += count;
    return this.work();
  }

  play(on) {
    this.playing = on;
    return on ? this.work() : null;
  }

  /* Once something was asked for, other settings are at once another run. */
  look() { if (this.begun && this.run !== this.key) this.work(); }

  /* Begins the same run anew. */
  again() {
    Object.assign(this, { run: "", steps: 0, renewed: true });
    return this.work();
  }

  async work() {
    if (this.busy) return;
    this.begun = this.busy = true;
    try {
      let answer = null;
      while (this.playing || this.steps || this.run !== this.key) answer = await this.one(answer);
      await this.paint(answer);
    } catch (error) {
      this.failed(error);
    }
    this.busy = false;
  }

  async paint(answer) {
    if (!answer) return;
    await picture();
    this.show(answer);
  }

  /* One question to Python; while it computes, what it has answered `before` is painted. */
  async one(before) {
    const { key } = this;
    const begins = key !== this.run;
    const pace = this.state().pace || Math.round(this.fit);
    const steps = this.playing ? Math.min(MOST_STEPS, pace) : Math.min(SOME_STEPS, this.steps);
    if (!begins) this.steps = this.playing ? 0 : this.steps - steps;
    this.renewed = false;
    const since = performance.now();
    const asked = this.ask(begins ? { do: "start", settings: JSON.parse(key) } : { do: "go", steps });
    let spent = 0;
    /* Whatever it comes to is heard below. */
    asked.then(() => { spent = performance.now() - since; }, () => {});
    await this.paint(before);
    const answer = await asked;
    if (!begins) {
      this.fit = Math.max(1, Math.min(2 * steps + 1, (steps * PICTURE_MILLISECONDS) / spent));
      this.measured.steps += steps;
      this.measured.pictures += 1;
      this.measured.milliseconds += spent;
    }
    /* What has been asked for meanwhile begins another run; this one's picture would not be its own. */
    if (this.renewed || this.key !== key) return null;
    this.run = key;
    if (answer.diverged) Object.assign(this, { playing: false, steps: 0 });
    return { key, ...answer };
  }

  async script(step) {
    const { key } = this;
    return (await this.ask({ do: "script", settings: JSON.parse(key), step })).script;
  }
}
