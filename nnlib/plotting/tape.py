"""The picture of a calculation: every tensor on the way to a loss, with its value and its blame.

It reads the tape that `backward` walks, and leaves both the tape and every `.grad` as they were.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnlib._arguments import expect_type
from nnlib.plotting import house
from nnlib.plotting.house import SMALL, Axes, FloatArray, expect, short, text_width, write
from nnlib.plotting.palette import LIGHT
from nnlib.tensor import Tensor

MOST = 30  # tensors; a picture of more is a tangle
WIDTH = 384.0  # points; more would be too small on a phone
LINE, GAP, DROP = 15.0, 12.0, 24.0
# A box is tinted by the size of its gradient, as a share of the largest in the picture.
TINTS = ((0.5, 0.36), (0.2, 0.22), (0.05, 0.1))


class _Node:
    """A tensor in the picture: what is written on it, and where it stands."""

    def __init__(self, tensor: Tensor, gradient: FloatArray | None, name: str) -> None:
        self.gradient, self.name = gradient, name
        self.made = tensor.grad_fn or ("" if name else "constant")
        self.sides = [_table(array) for array in (tensor.array, gradient) if array is not None]
        self.parents: list[_Node] = []
        self.rank, self.row, self.x, self.y = 0, 0, 0.0, 0.0
        self.cell = max(text_width(t, 10) for side in self.sides for row in side for t in row) + 4
        half = self.cell * max(len(row) for side in self.sides for row in side) + 5
        title = text_width(name, bold=True) + text_width(self.made, SMALL) + 20
        self.width = max(half * len(self.sides), title)
        self.height = LINE * (1 + max(map(len, self.sides))) + 8

    def draw(self, ax: Axes, largest: float) -> None:
        """Draw the box: name and operation, then values on the left and gradients on the right."""
        size = 0.0 if self.gradient is None else float(np.abs(self.gradient).max()) / largest
        left, bottom = self.x - self.width / 2, self.y - self.height / 2
        place: dict[str, Any] = {"size": (self.width, self.height), "edge": "muted", "zorder": 4}
        dash = "-" if self.gradient is not None else house.DASHED
        house.box(ax, left, bottom, fill="paper", linestyle=dash, **place)
        if size >= TINTS[-1][0]:
            tint = next(alpha for least, alpha in TINTS if size >= least)
            house.box(ax, left, bottom, fill="purple", alpha=tint, **place)
        top, half = bottom + self.height - LINE / 2 - 3, self.width / len(self.sides)
        small = {"fontsize": SMALL, "color": LIGHT["muted"]}
        write(ax, left + 7, top, self.name, ha="left", weight="bold", zorder=6)
        write(ax, left + self.width - 7, top, self.made, ha="right", zorder=6, **small)
        if len(self.sides) == 2:
            rule = [top - LINE / 2, bottom + 4]
            ax.plot([self.x] * 2, rule, color=LIGHT["muted"], lw=0.8, zorder=5)
        for i, side in enumerate(self.sides):
            for (r, c), text in np.ndenumerate(side):
                x = left + half * (i + 0.5) + (c - (len(side[0]) - 1) / 2) * self.cell
                write(ax, x, top - LINE * (r + 1), text, fontsize=10, zorder=6)


def _table(array: Any) -> list[list[str]]:
    """Write an array as rows of numbers or, when it is large, as its shape and its range."""
    if array.ndim > 2 or array.size > 8 or (array.ndim and array.shape[-1] > 2):
        return [[str(array.shape)], [f"{short(array.min())} … {short(array.max())}"]]
    return [[house.number(value, 3) for value in row] for row in np.atleast_2d(array)]


def _walk(loss: Tensor) -> tuple[list[Tensor], dict[int, FloatArray]]:
    """Return every tensor of the graph, inputs first, and the gradient of each, by its id."""
    found, stack = {id(loss): loss}, [loss]
    while stack:
        node = stack.pop()
        if node.grad_fn is not None and node._backward is None:
            raise RuntimeError("loss: freed by backward(); draw it before, or retain_graph=True")
        fresh = [parent for parent in node._parents if id(parent) not in found]
        found |= {id(parent): parent for parent in fresh}
        stack += fresh
    expect(len(found) <= MOST, "loss", f"a graph of at most {MOST} tensors", len(found))
    nodes = sorted(found.values(), key=lambda node: node._created)
    gradients: dict[int, FloatArray] = {id(loss): np.ones(loss.shape)}
    for node in reversed(nodes):
        parts = node._backward(gradients[id(node)]) if node._backward else ()
        for parent, part in zip(node._parents, parts, strict=False):
            if part is not None and parent.requires_grad:
                gradients[id(parent)] = gradients.get(id(parent), 0.0) + part
    return nodes, gradients


def _arrange(nodes: list[_Node]) -> list[list[_Node]]:
    """Put each result below what it was computed from, and each input right above its use."""
    for node in nodes:
        made = [parent.rank + 1 for parent in node.parents if parent.parents]
        node.rank = max(made, default=1 if node.parents else 0)
    for node in nodes:
        if not node.parents:
            node.rank = min(other.rank for other in nodes if node in other.parents) - 1
    rows: list[list[_Node]] = []
    for rank in range(max(node.rank for node in nodes) + 1):
        # Results first: they make the line down the left, and inputs come in from the right.
        level = sorted((n for n in nodes if n.rank == rank), key=lambda n: not n.parents)
        for i, node in enumerate(level):
            if i == 0 or sum(n.width + GAP for n in [*rows[-1], node]) - GAP > WIDTH:
                rows.append([])
            rows[-1].append(node)
    return rows


@house.style()
def graph(loss: Tensor, *, names: Mapping[str, Tensor] | None = None) -> Axes:
    """Draw the graph of a small calculation: each tensor with its value and its gradient.

    `loss` is a tensor of one entry whose graph has not been freed; `names` maps a label to a
    tensor in it. Values stand on the left of a box, ∂loss/∂value on the right; the tint
    follows the size of the gradient. A dashed box wants no gradient. No `.grad` is changed.

    Raises TypeError when something is no Tensor, ValueError when the graph is too large or a named
    tensor is not part of it, RuntimeError when there is no graph or it has been freed.

    >>> import nnlib
    >>> w = nnlib.tensor(3.0, requires_grad=True)
    >>> ax = graph(w**2, names={"w": w})
    >>> [text.get_text() for text in ax.texts if text.get_text() in ("w", "3.000", "6.000")]
    ['w', '3.000', '6.000']
    """
    for name, tensor in {"loss": loss, **(names or {})}.items():
        expect_type(tensor, name, "a Tensor", Tensor)
    expect(loss.array.size == 1, "loss", "one entry", f"shape {loss.shape}")
    if loss.grad_fn is None:
        raise RuntimeError("loss: expected the result of a recorded operation, got a leaf")
    tensors, gradients = _walk(loss)
    called = {id(tensor): name for name, tensor in (names or {}).items()}
    missing = [called[key] for key in called.keys() - {id(tensor) for tensor in tensors}]
    expect(not missing, "names", "tensors of the graph", f"others: {missing}")
    nodes = {id(t): _Node(t, gradients.get(id(t)), called.get(id(t), "")) for t in tensors}
    for tensor in tensors:
        nodes[id(tensor)].parents = [nodes[id(parent)] for parent in tensor._parents]
    rows = _arrange(list(nodes.values()))

    top = sum(max(node.height for node in row) + DROP for row in rows)
    ax = house.canvas(WIDTH, top + LINE)
    key = "left: value · right: gradient · darker: more blame"
    write(ax, WIDTH / 2, top + LINE / 2, key, fontsize=SMALL, color=LIGHT["muted"])
    top -= 8
    for level, row in enumerate(rows):
        tall, spare = max(node.height for node in row), WIDTH - sum(node.width for node in row)
        gap = min(spare / len(row), 3 * GAP)
        x = (spare - gap * (len(row) - 1)) / 2
        for node in row:
            node.row, node.x, node.y = level, x + node.width / 2, top - tall / 2
            x += node.width + gap
        top -= tall + DROP
    largest = max(float(np.abs(gradient).max()) for gradient in gradients.values()) or 1.0
    for node in nodes.values():
        above = sorted(node.parents, key=lambda parent: parent.x)
        for k, parent in enumerate(above):
            share = (k + 1) / (len(above) + 1) - 0.5
            start = parent.x, parent.y - parent.height / 2
            end = node.x + share * node.width * 0.6, node.y + node.height / 2 + 1
            bow = "arc3,rad=0"
            if node.row > parent.row + 1:  # around the boxes between, from side to side
                side = -1 if parent.x < node.x else 1
                start = parent.x + side * parent.width / 2, parent.y
                end = node.x + side * (node.width / 2 + 1), node.y
                bow = f"arc3,rad={-side * min(0.5, 90 / (start[1] - end[1]))}"
            house.arrow(ax, start, end, linewidth=1.3, head=9, connectionstyle=bow, clip_on=False)
        node.draw(ax, largest)
    return ax
