"""Settings that every test shares.
Hypothesis draws the same examples each time and keeps no clock: a red test is red for everyone, on slow machines too."""

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
