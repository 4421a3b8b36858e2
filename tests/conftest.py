"""Settings that every test shares."""

from hypothesis import settings

# Importing torch inside the first example takes seconds; time limits of examples say nothing about this code.
settings.register_profile("gradcheck", deadline=None, max_examples=500)
settings.load_profile("gradcheck")
