"""Settings that every test shares."""

from hypothesis import HealthCheck, settings

# Importing torch inside the first example takes seconds, and machines can be busy: how long an example takes says
# nothing about this code.
settings.register_profile("gradcheck", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gradcheck")
