"""Two mistakes that are often met together, where neither alone would explain the numbers."""

from __future__ import annotations

from gradcheck.causes.averages import over_padding, over_sequences
from gradcheck.causes.baselines import NORMALISED
from gradcheck.causes.cause import Cause
from gradcheck.causes.groups import GROUP_NORMALISED
from gradcheck.causes.parts import against_steps, family, immediate, surrogate
from gradcheck.estimators.averages import Average, over_steps
from gradcheck.estimators.weights import Weights

_AVERAGES: tuple[tuple[str, str, Average], ...] = (
    ("token_mean", "the sum is divided by the number of steps of the batch", over_steps),
    ("sequence_mean", "every episode is divided by its own length", over_sequences),
    ("padded_mean", "the sum is divided by all places of the padded batch", over_padding),
)

_WEIGHTS: tuple[tuple[str, str, tuple[Weights, ...]], ...] = (
    ("normalised", "Returns are normalised over the steps of the batch", NORMALISED),
    ("group_std", "Returns are divided by the deviation of their group", GROUP_NORMALISED),
    ("step_mean_baseline", "The mean return of all steps is subtracted", (against_steps,)),
    ("immediate_reward", "Each step is weighed with its own reward alone", (immediate,)),
)

CAUSES: tuple[Cause, ...] = tuple(
    cause
    for name, weights_are, weights in _WEIGHTS
    for average_name, average_is, average in _AVERAGES
    if (name, average_name) != ("immediate_reward", "token_mean")  # one of the forms of immediate_reward itself
    for cause in family(
        f"{name}_and_{average_name}",
        f"{weights_are}, and {average_is}.",
        "Take whatever is computed from the batch out of the loss, and divide by the number of episodes.",
        [surrogate(weights=w, average=average) for w in weights],
    )
)
