// Runs one line of Python after another in the Python of the browser, under Node: the same engine.
// What the page adds, drawing and a worker's messages, is no part of a training step.
// Started by browser.py: node browser.mjs <folder of Pyodide> <folder of the project>

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, project] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: `${folder}/` });
await python.loadPackage("numpy", { messageCallback: () => {} });
python.mountNodeFS("/project", project);
python.registerJsModule("processor", { seconds: () => process.cpuUsage().user / 1e6 });

for await (const line of createInterface({ input: process.stdin })) {
  const { code } = JSON.parse(line);
  console.log(JSON.stringify({ value: python.runPython(code) }));
}
