"""A page that is wrong goes red: by what it prints, by its pictures, by warnings, by missing names.
Small pages go to disk and are read by Sybil as `docs/conftest.py` has it read the real ones."""

import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from machine import examples
from sybil import Document
from sybil.example import SybilFailure

Run = Callable[[str], None]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs every block of a page, as one page is run."""

    def run(text: str) -> None:
        page = tmp_path / "page.md"
        page.write_text(textwrap.dedent(text), encoding="utf-8")
        document = Document.parse(str(page), examples.parse)
        examples.fresh(document.namespace)
        try:
            for example in document.examples():
                example.evaluate()
        finally:
            examples.fresh(document.namespace)

    yield run
    examples.fresh({})


def block(source: str, output: str | None = None, options: str = "") -> str:
    fence = f"```python{options}\n{textwrap.dedent(source).strip()}\n```\n\n"
    return fence if output is None else f"{fence}```text\n{output}\n```\n\n"


DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


def test_a_true_page_passes(run: Run) -> None:
    run(
        block("import numpy as np\nx = np.array([1.0, 2.0]) / 3")
        + "Two thirds:\n\n"
        + block("print(x)", "[0.33 0.67]")
        + block(DRAW, options=' alt="A line"')
        + block(DRAW + "\nplt.figure()\n" + DRAW, options=' alt=["One", "Two"]')
    )


def test_a_comparison_that_lets_a_changed_digit_pass_is_caught(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = block("print(1 + 1)", "2")
    run(page)
    monkeypatch.setattr(examples, "same_output", lambda expected, printed: True)
    with pytest.raises(SybilFailure, match="this would pass, too:\\n3"):
        run(page)


def test_a_page_without_blocks_passes(run: Run) -> None:
    run("# Words\n\nAnd more words.\n")


def test_a_block_that_prints_says_what(run: Run) -> None:
    with pytest.raises(SybilFailure, match="no ```text block after it"):
        run(block("print(1)"))


def test_prose_between_a_block_and_its_output_parts_them(run: Run) -> None:
    with pytest.raises(ValueError, match="line 7: this output follows no Python block"):
        run(block("print(1)") + "It prints\n\n```text\n1\n```\n")


@pytest.mark.parametrize("wrong", ["2", "1\n2", "one", "1.0", "- 1"])
def test_a_wrong_output_fails(run: Run, wrong: str) -> None:
    with pytest.raises(SybilFailure, match="the page says"):
        run(block("print(1)", wrong))


def test_an_output_that_was_never_printed_fails(run: Run) -> None:
    with pytest.raises(SybilFailure, match="the page says"):
        run(block("x = 1", "1"))


def test_an_output_without_a_block_is_an_error(run: Run) -> None:
    with pytest.raises(
        ValueError, match="line 3: this output follows no Python block, so nothing proves it"
    ):
        run("Words.\n\n```text\n1\n```\n")


def test_a_second_output_for_one_block_is_an_error(run: Run) -> None:
    with pytest.raises(ValueError, match="nothing proves it"):
        run(block("print(1)", "1") + "```text\n1\n```\n")


def test_an_unclosed_fence_is_an_error(run: Run) -> None:
    with pytest.raises(ValueError, match="line 3: this fence is never closed"):
        run("Words.\n\n```python\nprint(1)\n")


@pytest.mark.parametrize(
    ("source", "options", "counts"),
    [
        (DRAW, "", "draws 1 pictures and describes 0"),
        ("x = 1", ' alt="A line"', "draws 0 pictures and describes 1"),
        (DRAW, ' alt=["One", "Two"]', "draws 1 pictures and describes 2"),
        (DRAW + "\nplt.figure()\n" + DRAW, ' alt="One"', "draws 2 pictures and describes 1"),
    ],
)
def test_every_picture_is_described_and_every_description_has_its_picture(
    run: Run, source: str, options: str, counts: str
) -> None:
    with pytest.raises(SybilFailure, match=counts):
        run(block(source, options=options))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.log(0.0)",
        "import numpy as np\nnp.array([1.0]) / 0",
        "import numpy as np\nnp.exp(1e4)",
        "import warnings\nwarnings.warn('careful', DeprecationWarning)",
        "import matplotlib.pyplot as plt\nplt.title('\\N{CJK UNIFIED IDEOGRAPH-4E00}')",
    ],
)
def test_a_warning_is_a_failure(run: Run, source: str) -> None:
    with pytest.raises(Warning):
        run(block(source, options=' alt="x"'))


def test_an_error_names_the_page_and_the_line(run: Run) -> None:
    with pytest.raises(NameError, match="undefined_name") as raised:
        run("# Page\n\n" + block("x = 1") + "Words.\n\n" + block("y = 2\nprint(undefined_name)"))
    last = raised.traceback[-1]
    assert Path(str(last.path)).name == "page.md"
    assert last.lineno + 1 == 11


def test_blocks_share_one_namespace_and_pages_do_not(run: Run) -> None:
    run(block("shared = 1") + block("print(shared)", "1"))
    with pytest.raises(NameError, match="shared"):
        run(block("print(shared)", "1"))


def test_a_page_is_the_main_module(run: Run) -> None:
    run(block("print(__name__)", "__main__"))


def test_nested_fences_are_tests_too(run: Run) -> None:
    with pytest.raises(SybilFailure, match="the page says"):
        run("!!! note\n\n    ```python\n    print(2)\n    ```\n\n    ```text\n    3\n    ```\n")


def test_a_page_starts_fresh_whatever_the_last_one_changed(run: Run) -> None:
    before = block(
        """
        import numpy as np
        import matplotlib.pyplot as plt
        np.set_printoptions(precision=2, suppress=True, linewidth=20)
        np.seterr(all="ignore")
        np.random.seed(0)
        np.random.rand()
        plt.rcParams["lines.linewidth"] = 17
        plt.figure()
        """,
        options=' alt="x"',
    )
    options, errors, width = (
        np.get_printoptions(),
        np.geterr(),
        mpl.rcParamsDefault["lines.linewidth"],
    )
    run(before)
    assert np.get_printoptions() == options
    assert np.geterr() == errors
    assert mpl.rcParams["lines.linewidth"] == width
    assert plt.get_fignums() == []
    run(
        block(
            """
            import numpy as np
            import matplotlib.pyplot as plt
            print(np.array([1 / 3]), plt.get_fignums(), plt.rcParams["lines.linewidth"])
            print(np.geterr()["divide"])
            """,
            f"[0.33333333] [] {width}\nwarn",
        )
    )
    draws = []
    for _ in range(2):
        run(before)
        draws.append(np.random.rand())
    assert draws[0] != draws[1]


def test_a_need_that_is_not_met_skips_and_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(examples._AVAILABLE, "torch", lambda: False)
    monkeypatch.delenv("NNLIB_REQUIRE", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match="this block needs torch, which is not on this machine"
    ):
        run(block("1 / 0", options=' needs="torch"'))


def test_a_need_that_is_required_here_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(examples._AVAILABLE, "torch", lambda: False)
    monkeypatch.setenv("NNLIB_REQUIRE", "browser torch")
    with pytest.raises(SybilFailure, match="needs torch, which is required here"):
        run(block("x = 1", options=' needs="torch"'))


def test_a_need_that_is_met_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(examples._AVAILABLE, "torch", lambda: True)
    with pytest.raises(ZeroDivisionError):
        run(block("1 / 0", options=' needs="torch"'))


def test_a_need_that_nobody_knows_is_an_error(run: Run) -> None:
    with pytest.raises(
        ValueError, match=r"line 1: needs=\"gpu\": expected one of \['mnist', 'torch'\]"
    ):
        run(block("x = 1", options=' needs="gpu"'))


def test_the_filters_of_a_page_end_with_it(run: Run) -> None:
    filters = list(warnings.filters)
    run(block("import warnings\nwarnings.simplefilter('ignore')"))
    assert list(warnings.filters) == filters
