"""Finds in an exercise how its answer is judged: the statement of the stub that calls the check.
Readers may have changed or lost that line; it is the page's own that is run.
"""

import ast
from dataclasses import dataclass

RIGHT = "Right"


@dataclass(frozen=True)
class Check:
    """The statement that judges."""

    source: str

    def is_asked(self, statement: str) -> bool:
        """Whether the reader's statement is this one; however it is laid out.

        >>> Check("print(check(a))").is_asked("print( check(a) )  # now")
        True
        """
        return _same(statement) == _same(self.source)


def check(stub: str, checks: str) -> Check | None:
    """The last statement of the stub that calls a function of the block with the check.

    >>> check("a = None\\nprint(check_a(a))", "def check_a(a): ...")
    Check(source='print(check_a(a))')
    """
    names = {each.name for each in ast.parse(checks).body if isinstance(each, ast.FunctionDef)}
    for statement in reversed(ast.parse(stub).body):
        called = {
            each.func.id
            for each in ast.walk(statement)
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
        }
        if called & names:
            return Check(ast.get_source_segment(stub, statement) or "")
    return None


def _same(source: str) -> str:
    return ast.dump(ast.parse(source))
