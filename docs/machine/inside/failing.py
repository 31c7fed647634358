"""Says in a few lines what went wrong in a reader's code, where, and what helps.
A traceback through the library's insides would bury the one line that the reader can change."""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass

_HERE = re.compile(r"<(.+)>")
_MOST_FRAMES = 5


@dataclass(frozen=True)
class Failure:
    """The last lines of the traceback, the line of the block that was running, and what helps."""

    text: str
    line: int | None
    hint: str


def describe(error: BaseException, block: str) -> Failure:
    """What a reader is told of an exception that the code of `block` let through."""
    if isinstance(error, SyntaxError) and _is_block(error.filename or ""):
        line, shown = error.lineno, _syntax(error, block)
    else:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if _is_block(frame.filename)
        ]
        line = next((f.lineno for f in reversed(frames) if _name(f.filename) == block), None)
        shown = [_frame(frame, block) for frame in frames[-_MOST_FRAMES:]]
        shown.append(_message(error))
    return Failure("\n".join(shown), line, hint(error))


def _is_block(filename: str) -> bool:
    return filename.startswith("<") and not filename.startswith("<frozen")


def _name(filename: str) -> str:
    return _HERE.sub(r"\1", filename)


def _frame(frame: traceback.FrameSummary, block: str) -> str:
    name = _name(frame.filename)
    place = f"line {frame.lineno}" + ("" if name == block else f" of {name}")
    inside = "" if frame.name == "<module>" else f", in {frame.name}"
    return f"{place}{inside}:\n    {(frame.line or '').strip()}"


def _syntax(error: SyntaxError, block: str) -> list[str]:
    name = _name(error.filename or "")
    lines = [f"line {error.lineno}" + ("" if name == block else f" of {name}") + ":"]
    if error.text:
        text = error.text.rstrip("\n")
        stripped = text.lstrip()
        lines.append(f"    {stripped}")
        if error.offset:
            at = max(0, error.offset - 1 - (len(text) - len(stripped)))
            lines.append(f"    {' ' * at}^")
    return [*lines, f"{type(error).__name__}: {error.msg}"]


def _message(error: BaseException) -> str:
    said = "".join(traceback.format_exception_only(error)).strip()
    return said or type(error).__name__


# What helps with the commonest slips: the kind of error, a pattern in its message, the advice.
_Advice = str | Callable[[re.Match[str]], str]
_HINTS: list[tuple[type[BaseException], str, _Advice]] = [
    (
        NameError,
        r"name '(\w+)' is not defined",
        lambda m: (
            f"Nothing above gives {m[1]} a value. Is it spelt as where it was made, capitals"
            " included? If a later block makes it, run that one first."
        ),
    ),
    (UnboundLocalError, "", "Inside a function, give the name a value before it is used."),
    (
        ValueError,
        r"mismatch in its core dimension.*size (\d+) is different from (\d+)",
        lambda m: (
            f"For A @ B, the columns of A ({m[2]}) and the rows of B ({m[1]}) must be equally"
            " many. Print both .shape; perhaps one wants .T."
        ),
    ),
    (
        ValueError,
        r"could not be broadcast.*?(\([\d,]*\)) (\([\d,]*\))",
        lambda m: (
            f"The shapes {m[1]} and {m[2]} do not fit: from the right, each pair of lengths"
            " must be equal, or one of them 1."
        ),
    ),
    (ValueError, "setting an array element|inhomogeneous", "All rows must be equally long."),
    (
        (ValueError),
        "truth value of an array",
        "An array has many truths: ask .any() or .all(), or compare numbers one by one.",
    ),
    (
        ValueError,
        r"shape",
        "Print the .shape of what goes in, and compare it with what is expected.",
    ),
    (
        SyntaxError,
        r"'(.)' was never closed",
        lambda m: f"Count the brackets: one {m[1]} has no partner.",
    ),
    (
        SyntaxError,
        "unmatched",
        "There is a closing bracket too many, or an opening one is missing.",
    ),
    (
        SyntaxError,
        "Maybe you meant '=='",
        "One = gives a name a value; two == ask whether two things are equal.",
    ),
    (
        SyntaxError,
        "expected ':'",
        "Lines that begin with if, for, while, def or with end in a colon.",
    ),
    (SyntaxError, "unterminated", "A text begins here and its closing quotation mark is missing."),
    (SyntaxError, "forgot a comma", "Put a comma between the two."),
    (TabError, "", "Indent with spaces throughout, four for each step."),
    (
        IndentationError,
        "",
        "Lines that belong together start in the same column, four spaces further in after a "
        "colon.",
    ),
    (
        ModuleNotFoundError,
        r"named '(\w+)",
        lambda m: (
            f"Python in the page has NumPy, Matplotlib and nnlib, but not {m[1]}."
            " Download the page and run it on your own machine."
        ),
    ),
    (ImportError, "", "Look at the spelling, capitals included; the reference lists all names."),
    (EOFError, "input", "Nobody can be asked while a block runs: write the value into the code."),
    (
        IndexError,
        "",
        "Positions count from 0, so the last one is the length minus 1 (or simply -1).",
    ),
    (KeyError, "", "The key is not there. Print .keys() to see which are."),
    (
        TypeError,
        r"'(\w+)' object is not callable",
        lambda m: (
            f"Round brackets call, and a {m[1]} cannot be called. Is a * or a comma missing, or"
            " should they be square ones?"
        ),
    ),
    (
        TypeError,
        "positional argument|unexpected keyword",
        "Compare the call with the first line of the function, its def.",
    ),
    (
        TypeError,
        "unsupported operand|can only concatenate|must be str",
        "The two are of kinds that do not go together. Print type(...) of both.",
    ),
    (
        TypeError,
        "NoneType",
        "One of the values is None: something gave back nothing, or a gap is not yet filled in.",
    ),
    (
        AttributeError,
        "'NoneType'",
        "The value is None: something gave back nothing, or a gap is not yet filled in.",
    ),
    (AttributeError, "", "Look at the spelling; print dir(...) to see which names it has."),
    (
        RuntimeError,
        "backward",
        "Each backward() needs a forward pass of its own: compute the loss anew first.",
    ),
    (RuntimeError, "detach", "Take a result out with .detach().numpy()."),
    (ZeroDivisionError, "", "Something that is divided by is 0 here; print it just before."),
    (RecursionError, "", "The function calls itself without end: which case should stop it?"),
    (MemoryError, "", "That is more than the page can hold. Try a smaller one."),
    (SystemExit, "", "Code in a page need not be ended; leave out exit()."),
]


def hint(error: BaseException) -> str:
    """What helps with this error, if it is one of the common ones.

    >>> hint(IndexError("list index out of range"))
    'Positions count from 0, so the last one is the length minus 1 (or simply -1).'
    """
    said = str(error)
    for kind, pattern, advice in _HINTS:
        if isinstance(error, kind) and (found := re.search(pattern, said, re.DOTALL)):
            return advice if isinstance(advice, str) else advice(found)
    return ""
