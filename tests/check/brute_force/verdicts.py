"""Verdicts and limits from these gradients alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from gradcheck.estimators.episodes import Episodes
from tests.check.brute_force.batches import episodes_of, groups_of, side_by_side
from tests.check.brute_force.gradients import Objective, batches_of, expected_gradient, gradient, references
from tests.check.brute_force.play import Setting, every_episode, probability

_SHUFFLES = 6
_LARGEST_DENOMINATOR = 20_000
_MANY_EPISODES = 3_000  # a loss may compare each of them with every other
NEVER_CONSISTENT = ("fixed_steps", "micro_batches")


def relation(g: Tensor, t: Tensor) -> tuple[str, float, float]:
    """("unbiased", "proportional" or "biased", scale c, sine of the angle) of g beside t."""
    scale = float(g @ t / (t @ t))
    sine = float((g - scale * t).norm() / g.norm()) if g.norm() > 1e-9 * t.norm() else 1.0
    if float((g - t).norm()) <= 1e-9 * float(t.norm()):
        return "unbiased", scale, sine
    if scale > 0 and sine <= 1e-9:
        return "proportional", scale, sine
    return "biased", scale, sine


@cache
def population(setting: Setting, batch: int | tuple[int, int], times: int, seed: int) -> Episodes:
    """One large batch in which every episode is as frequent as it is probable, in a random order.

    Under ``groups`` it is every group that is: their number grows, and not their size.
    """
    if setting.has("groups"):
        every = groups_of(setting, batch)[1]
    else:
        every = [(float(probability(setting.behaviour, e).detach()), [e]) for e in every_episode(setting.game)]
    shares = [Fraction(p).limit_denominator(_LARGEST_DENOMINATOR) for p, _ in every]
    assert sum(shares) == 1
    multiple = math.lcm(*(share.denominator for share in shares)) * times
    units = [played for (_, played), share in zip(every, shares, strict=True) for _ in range(int(share * multiple))]
    Random(seed).shuffle(units)
    if setting.has("groups"):
        return side_by_side(units, setting)
    return episodes_of([episode for played in units for episode in played], setting)


def is_right_in_the_limit(
    loss: Callable[..., Any],
    setting: Setting,
    batch: int | tuple[int, int],
    truth: Tensor,
    learning_rate: float | None,
) -> bool:
    """Whether the direction is right on a population, or its error fades in proportion to the population's size."""
    errors = []
    large = 8 if population(setting, batch, 1, 0).num_episodes < _MANY_EPISODES else 4
    for times in (1, large):

        def at(seed: int, times: int = times) -> Tensor:
            return gradient(loss, setting, population(setting, batch, times, seed), learning_rate)

        found = [at(0), at(1)]
        if not torch.allclose(found[0], found[1], rtol=1e-9):  # order matters, so there is something to average
            found += [at(seed) for seed in range(2, _SHUFFLES)]
        _, scale, sine = relation(torch.stack(found).mean(0), truth)
        errors.append(sine if scale > 0 else 1.0)
    first, last = errors
    return last < 1e-6 or last < min(0.02, first / 2)


def verdict(
    loss: Callable[..., Any],
    settings: Sequence[Setting],
    batch: int | tuple[int, int],
    *,
    objective: Objective | None = None,
    learning_rate: float | None = None,
    reference: str = "return",
) -> str:
    """The verdict over all settings: that of the worst; "refused" where a gradient is no number, none or random."""
    worst = "unbiased"
    for setting in settings:
        if _is_random(loss, setting, batch) or _is_constant(loss, setting, batch):
            return "refused"
        g = expected_gradient(loss, setting, batch, learning_rate=learning_rate)
        truths = references(loss, setting, batch, objective=objective, learning_rate=learning_rate, reference=reference)
        if not g.isfinite().all():
            return "refused"
        here = min((relation(g, t)[0] for t in truths), key=ORDER.index)
        if here == "biased" and not setting.has(*NEVER_CONSISTENT):
            right = is_right_in_the_limit(loss, setting, batch, truths[0], learning_rate)
            here = "consistent" if right else "biased"
        worst = max(worst, here, key=ORDER.index)
        if worst == "biased":
            break
    return worst


ORDER = ("unbiased", "proportional", "consistent", "biased")


def _is_constant(loss: Callable[..., Any], setting: Setting, batch: int | tuple[int, int]) -> bool:
    results = []

    def noted(policy: nn.Module, episodes: Episodes) -> Any:
        results.append(loss(policy, episodes))
        return results[-1]

    for _, episodes in batches_of(setting, batch)[:5]:
        gradient(noted, setting, episodes, learning_rate=1.0)  # which never calls backward
    return all(isinstance(result, Tensor) and not result.requires_grad for result in results)


def _is_random(loss: Callable[..., Any], setting: Setting, batch: int | tuple[int, int]) -> bool:
    state = torch.get_rng_state()
    gradient(loss, setting, batches_of(setting, batch)[0][1])
    return not torch.equal(torch.get_rng_state(), state)
