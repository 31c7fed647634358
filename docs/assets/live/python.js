/* The page's one Python: starts its worker, asks it to run, ends it, and starts it anew.
   Whoever asks is told in callbacks what comes, and in a promise how it ended. */

export const DOING = {
  download: (share) => `Loading Python, ${Math.round(100 * share)} %`,
  start: () => "Starting Python",
  import: () => "Loading NumPy and nnlib",
  pictures: (share) => `Loading Matplotlib, ${Math.round(100 * share)} %`,
  draw: () => "Starting Matplotlib",
};
const WORKER = new URL("./worker.js", import.meta.url);

export class Python {
  /* `files` says where the runtime is; `tell` is called with what the worker is doing, and a share of 1. */
  constructor(files) {
    this.files = files;
    this.tell = () => {};
    this.waiting = new Map();
    this.count = 0;
    this.worker = null;
    this.marks = {};
  }

  boot() {
    if (this.worker) return;
    const text = `import ${JSON.stringify(WORKER.href)};`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.worker = new Worker(address, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.broke(event.message || "Python could not be started here.");
    });
    this.worker.postMessage({ do: "boot", ...this.files });
  }

  /* Asks for a run; `on` has `running`, `note`, `text` and `picture`. */
  run(request, on = {}) { return this.ask({ do: "run", request }, on); }

  /* Asks a module that runs beside the reader's code. */
  call(module, request) { return this.ask({ do: "call", module, request }); }

  ask(question, on = {}) {
    this.boot();
    const id = ++this.count;
    return new Promise((done) => {
      this.waiting.set(id, { ...on, done });
      this.worker.postMessage({ id, ...question });
    });
  }

  hear({ kind, id, ...data }) {
    const asked = this.waiting.get(id);
    if (kind === "broken") return this.broke(data.message);
    if (kind === "ended") {
      this.waiting.delete(id);
      return asked?.done(data);
    }
    if (data.marks) Object.assign(this.marks, data.marks);
    if (kind === "progress") return this.tell(data.doing, data.share);
    asked?.[kind]?.(data);
  }

  /* Ends whatever runs; the names are gone, and a new Python is made ready at once. */
  stop() {
    const cut = this.end();
    this.boot();
    for (const { done } of cut) done({ state: "stopped" });
  }

  broke(message) {
    for (const { done } of this.end()) done({ state: "failed", broken: message });
  }

  end() {
    const cut = [...this.waiting.values()];
    this.waiting.clear();
    this.worker?.terminate();
    this.worker = null;
    return cut;
  }
}
