"""IPython's settings for the kernel that draws the pages' pictures: SVG, the whole figure, no date,
no history, errors in plain text.
IPython reads this file itself; what Matplotlib needs stands beside it in `matplotlibrc`."""

from pathlib import Path

_START = str(Path(__file__).with_name("kernel_start.py"))

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - IPython provides it when it reads this file
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Date": None}}
c.HistoryManager.enabled = False
c.InteractiveShell.colors = "nocolor"
# What a plain interpreter does not show for a script is no output of the page's.
c.InteractiveShell.ast_node_interactivity = "none"
c.IPKernelApp.exec_lines = [f"exec(compile(open({_START!r}).read(), {_START!r}, 'exec'), {{}});"]
# The kernel talks to the build on this machine only; its advice about encryption is for others.
c.IPKernelApp.log_level = "ERROR"
