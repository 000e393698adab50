"""Properties are searched without a clock: a slow machine must not fail a rule that holds."""

from hypothesis import settings

settings.register_profile("ngn", deadline=None, print_blob=True)
settings.load_profile("ngn")
