"""Settings that every test shares.
Hypothesis draws the same examples each time and keeps no clock: red for one is red for all."""

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
