"""Settings that every test shares.
Hypothesis draws the same examples each time and keeps no clock: red for one is red for all."""

import os

from hypothesis import settings

# Tests run side by side; what one of them starts must not take every processor for itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
