"""IPython's settings for the kernel that draws the pages' pictures: SVG, the whole figure, no date,
no history.
IPython reads this file itself; what Matplotlib needs stands beside it in `matplotlibrc`."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - IPython provides it when it reads this file
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Date": None}}
c.HistoryManager.enabled = False
# The kernel talks to the build on this machine only; its advice about encryption is for others.
c.IPKernelApp.log_level = "ERROR"
