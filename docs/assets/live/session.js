/* Runs blocks, on a page or in the Workbench: what is pressed is run, what comes back is shown where it belongs. */

const STOPPED = "Stopped. The names that were made on this page are gone; they are made again as they are needed.";

export class Session {
  /* `on` may have `offered`, for a block that now has something to reset, and `solved`, for an exercise. */
  constructor(blocks, python, on = {}) {
    this.blocks = blocks;
    this.python = python;
    this.on = on;
    python.tell = (doing, share) => {
      for (const block of this.blocks) block.progress(doing, share);
    };
  }

  request(block) {
    const shown = this.blocks.filter(({ version }) => version !== null).map(({ number, version }) => [number, version]);
    return {
      block: block.number,
      sources: this.blocks.map(({ source }) => source),
      original: this.blocks.map(({ own, source }) => own ?? source),
      shown: Object.fromEntries(shown),
      alts: block.isChanged ? block.alts.map((alt) => `Drawn by changed code. In the page: ${alt}`) : block.alts,
    };
  }

  async run(block, { check = false } = {}) {
    if (block.busy || !block.runs) return;
    const asked = this.request(block);
    if (check) asked.check = this.blocks.findIndex(({ exercise, role }) => exercise === block.exercise && role === "check");
    block.checking = check;
    block.begin();
    block.is("loading");
    block.settle(() => this.python.stop());
    block.say("Waiting …");
    this.on.offered?.(block);
    const ended = await this.python.run(asked, {
      running: () => { block.is("running"); block.say("Running …"); },
      note: ({ text }) => block.say(text),
      text: ({ text }) => block.print(text),
      picture: ({ svg }) => block.draw(svg),
    });
    this.finish(block, ended);
  }

  finish(block, ended) {
    block.is(ended.state);
    block.settle();
    block.say("");
    if (ended.state === "stopped") block.tell(STOPPED);
    else block.clear();
    if (ended.failure) block.fail(ended.failure);
    if (ended.broken) block.fail({ text: `Python could not be loaded: ${ended.broken}`, hint: "Nothing is lost; Run tries again." });
    if (ended.verdict) {
      block.judge(ended.verdict, ended.right);
      if (ended.right) this.on.solved?.(block);
    }
    if (!ended.version) return;
    block.version = ended.version;
    const outdated = new Set(ended.outdated);
    for (const other of this.blocks) if (!other.busy) other.outdated(outdated.has(other.number));
  }
}

/* The page's Python, from where the build has put it. */
export function files() {
  const found = JSON.parse(document.querySelector("meta[name=nn-python]").content);
  return { ...found, base: new URL(found.base, location.href).href };
}
