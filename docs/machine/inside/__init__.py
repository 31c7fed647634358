"""What runs beside a page's code in the reader's browser: plain Python, tested like any other.
The site packs it with `nnlib`; nothing here may need more than Python, NumPy and Matplotlib.
"""
