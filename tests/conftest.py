"""Settings that every test shares."""

import pytest
from hypothesis import HealthCheck, settings

# Importing torch inside the first example takes seconds, and machines can be busy: how long an example takes says
# nothing about this code.
settings.register_profile("gradcheck", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gradcheck")


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """torch wakes all its threads even for the softmax of three numbers, and waits for them where a machine is busy."""
    import torch

    torch.set_num_threads(1)
