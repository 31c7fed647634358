/* Holds the Python of one page: boots it, runs what the page sends, passes on what is printed and drawn.
   It has to be started from a blob: only such a worker is bound by the page's policy, and may not reach other hosts. */

if (location.protocol !== "blob:") {
  close();
  throw new Error("this worker is started by the page only");
}

const MANY = 1 << 16;
const say = (kind, rest) => postMessage({ kind, ...rest });
const marks = {};
const mark = (name, since) => { marks[name] = Math.round(performance.now() - since); };

/* Fetches the files of a group; their bytes are counted as they come, and are of use at once. */
function group(names, { base, sizes }, doing) {
  const total = names.reduce((sum, name) => sum + sizes[name], 0);
  let come = 0;
  let told = 0;
  function counted(chunk, controller) {
    controller.enqueue(chunk);
    come += chunk.length;
    if (come - told < MANY && come < total) return;
    told = come;
    say("progress", { doing, share: Math.min(1, come / total) });
  }
  const entries = names.map(async (name) => {
    const response = await fetch(new URL(name, base));
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return response.body.pipeThrough(new TransformStream({ transform: counted }));
  });
  /* Whoever waits for one hears why it does not come; nobody may be waiting yet. */
  for (const entry of entries) entry.catch(() => {});
  return Object.fromEntries(names.map((name, at) => [name, entries[at]]));
}

const whole = async (stream) => new Uint8Array(await new Response(await stream).arrayBuffer());

/* Pyodide waits for ever where its program could not be compiled; this fails as soon as that does. */
function failure(streams) {
  const usual = WebAssembly.instantiateStreaming;
  return new Promise((_, fail) => {
    WebAssembly.instantiateStreaming = (...given) => {
      WebAssembly.instantiateStreaming = usual;
      const instance = usual.apply(WebAssembly, given);
      instance.catch(fail);
      return instance;
    };
    Promise.all(streams).catch(fail);
  });
}

let python;
let server;
let settings;
let pictures;

async function boot(files) {
  settings = files;
  const { base, code } = files;
  const began = performance.now();
  const coming = group(["pyodide.asm.wasm.pack", "stdlib.zip", "numbers.zip", code], files, "download");
  const usual = globalThis.fetch;
  const given = {
    /* Unpacked and compiled while it still comes. */
    "pyodide.asm.wasm": async () => new Response(
      (await coming["pyodide.asm.wasm.pack"]).pipeThrough(new DecompressionStream("gzip")),
      { headers: { "Content-Type": "application/wasm" } },
    ),
    "stdlib.zip": async () => new Response(await coming["stdlib.zip"]),
  };
  const later = Promise.all([whole(coming["numbers.zip"]), whole(coming[code])]);
  later.then(() => { mark("download", began); say("progress", { doing: "start" }); }, () => {});
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all([
    import(new URL("pyodide.mjs", base)),
    import(new URL("pyodide.asm.mjs", base)),
  ]);
  globalThis.fetch = async (url) => given[String(url).split("/").at(-1)]();
  const failed = failure(Object.values(coming));
  const loading = loadPyodide({
    createPyodideModule,
    indexURL: base,
    stdLibURL: `${base}stdlib.zip`,
    lockFileContents: {
      info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.0", version: "314.0.3" },
      packages: {},
    },
    env: {
      HOME: "/home/pyodide",
      MATPLOTLIBRC: "/home/pyodide/machine/matplotlibrc",
      MPLBACKEND: "module://machine.inside.backend",
      MPLCONFIGDIR: "/tmp",
      TQDM_DISABLE: "1",
    },
  });
  python = await Promise.race([loading, failed]);
  globalThis.fetch = usual;
  const [numbers, ours] = await later;
  mark("start", began);

  const since = performance.now();
  say("progress", { doing: "import" });
  unpack(numbers);
  python.unpackArchive(ours, "zip", { extractDir: "/home/pyodide" });
  server = python.runPython("import nnlib; nnlib.manual_seed(0); from machine.inside.serving import Server; Server()");
  mark("imports", since);
  say("ready", { marks });
}

function unpack(archive) {
  python.unpackArchive(archive, "zip", { extractDir: "/lib/python3.14/site-packages" });
}

async function withPictures() {
  const since = performance.now();
  const archive = await whole(group(["pictures.zip"], settings, "pictures")["pictures.zip"]);
  mark("picturesDownload", since);
  say("progress", { doing: "draw" });
  unpack(archive);
  python.runPython("import matplotlib.pyplot");
  mark("pictures", since);
  say("loaded", { marks });
}

async function run({ id, request }) {
  const asked = JSON.stringify(request);
  if (server.draws(asked)) {
    pictures ??= withPictures();
    await pictures;
  }
  say("running", { id });
  const ended = server.answer(
    asked,
    (text) => say("text", { id, text }),
    (svg) => say("picture", { id, svg }),
    (text) => say("note", { id, text }),
  );
  say("ended", { id, ...JSON.parse(ended) });
}

/* Asks a module that runs beside the reader's code; what it gives besides its answer are bytes. */
async function call({ id, module, request }) {
  let bytes = new Uint8Array();
  const answer = python.pyimport(`machine.inside.${module}`).answer(JSON.stringify(request), (given) => { bytes = given.toJs(); });
  postMessage({ kind: "ended", id, answer: JSON.parse(answer), bytes }, [bytes.buffer]);
}

/* One thing after the other, in the order in which it was asked for. */
let last = Promise.resolve();
addEventListener("message", ({ data }) => {
  last = last.then(() => ({ boot, run, call })[data.do](data)).catch((error) => {
    say("broken", { id: data.id, message: String(error?.message ?? error) });
  });
});
