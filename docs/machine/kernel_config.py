"""IPython's settings for the kernel that draws the pages' pictures: SVG, the whole figure, no date,
no history, and chance that falls out the same each time.
IPython reads this file itself; what Matplotlib needs stands beside it in `matplotlibrc`."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - IPython provides it when it reads this file
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Date": None}}
c.HistoryManager.enabled = False
# A page whose numbers depend on a seed sets one; a picture of random weights may do without, and is
# still to be the same at every build. No name is left behind for a page to lean on.
c.IPKernelApp.exec_lines = ["__import__('nnlib').manual_seed(0);"]
# The kernel talks to the build on this machine only; its advice about encryption is for others.
c.IPKernelApp.log_level = "ERROR"
