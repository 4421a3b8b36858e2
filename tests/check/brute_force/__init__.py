"""Expected gradients and true gradients by the plainest means: play everything, ask autograd for every batch, add up.

Nothing here is shared with what is tested but the games, the policies and the class of the batches: episodes are found
by recursive play, batches are sequences of them, and each batch costs one backward pass.
"""

from tests.check.brute_force.batches import episodes_of, every_batch
from tests.check.brute_force.gradients import (
    batches_of,
    coordinates,
    expected_gradient,
    gradient_of_as_many_steps,
    references,
    true_gradient,
)
from tests.check.brute_force.play import Played, Setting, every_episode, probability
from tests.check.brute_force.verdicts import ORDER, relation, verdict

__all__ = [
    "ORDER",
    "Played",
    "Setting",
    "batches_of",
    "coordinates",
    "episodes_of",
    "every_batch",
    "every_episode",
    "expected_gradient",
    "gradient_of_as_many_steps",
    "probability",
    "references",
    "relation",
    "true_gradient",
    "verdict",
]
