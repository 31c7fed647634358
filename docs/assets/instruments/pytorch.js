/* One program for two libraries: switch between them, see which words change, and read both losses step by step.
   The losses are those of the page: of `nnlib`'s run at build, and of the PyTorch run that the page's tests repeat. */

import { instrument, make, number, oneOf, say, text } from "./kit.js";

/* The program, with the library's name in its place; `marked` stands around what differs. */
export function program(library, marked = (word) => word) {
  const it = marked(library);
  return `import ${it} as library
from ${it} import nn, optim

X = library.tensor(pixels)
y = library.tensor(labels)
model = nn.Sequential(
    nn.Linear(784, 128), nn.ReLU(),
    nn.Linear(128, 64), nn.ReLU(),
    nn.Linear(64, 10),
).double()
weights = {n: library.tensor(w)
           for n, w in start.items()}
model.load_state_dict(weights)
measure = nn.CrossEntropyLoss()
optimizer = optim.SGD(
    model.parameters(), lr=0.1, momentum=0.9
)
losses = []
for step in range(30):
    loss = measure(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
`;
}

const LIBRARIES = { nnlib: "nnlib", torch: "PyTorch" };
const differing = () => {
  const [ours, theirs] = ["nnlib", "torch"].map((library) => program(library).split("\n").filter(Boolean));
  return [ours.filter((line, index) => line !== theirs[index]).length, ours.length];
};

instrument("pytorch", {
  label: "nnlib and PyTorch, to try",
  hint: "Switch the library, and see which words change.",
  state: { library: oneOf(["nnlib", "torch"]), step: number(30, 1, 30, 1) },
  build(ui) {
    const { ours, theirs } = ui.data;
    const plot = ui.plot({ label: "The loss of both libraries", x: [0, 31], y: [0, 2.5], margin: [26, 10, 36, 30] });
    plot.axes({ x: [0, 10, 20, 30], y: [0, 1, 2], names: ["step", "loss"] });
    const code = make("code");
    ui.drawings.append(make("div", { class: "nn-program" }, code));
    ui.choice("library", "library", LIBRARIES);
    ui.slider("step", "step", String);

    return ({ library, step }) => {
      const pieces = program(library, (word) => `\0${word}\0`).split("\0");
      code.replaceChildren(...pieces.map((piece, index) => (index % 2 ? make("mark", {}, piece) : piece)));
      plot.paint(
        plot.path(ours.map((loss, index) => [index + 1, loss]), { class: "nn-blue", "stroke-opacity": library === "nnlib" ? 1 : 0.5 }),
        theirs.map((loss, index) => plot.dot(index + 1, loss, { r: 4, fill: "none", stroke: "var(--nn-orange)", "stroke-width": library === "torch" ? 2 : 1.2 })),
        plot.path([[step, 0], [step, 2.5]], { class: "nn-thin" }),
      );
      plot.note(text(plot.x(13), 40, "nnlib, the line"), text(plot.x(13), 57, "PyTorch, the circles"));
      const [lines, all] = differing();
      return `${lines} of ${all} lines change with the library. From the same first weights, at step ${step} the loss is ${say(ours[step - 1], 4)} with nnlib and ${say(theirs[step - 1], 4)} with PyTorch.`;
    };
  },
});
