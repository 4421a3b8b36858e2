"""The second update on one batch, and all later ones: the policy is no longer the one that sampled."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch

from gradcheck.checking.case import Aspect, Case, Condition, Expectation
from gradcheck.checking.conditions.true_gradients import of_complete_episodes
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.options import CheckOptions
from gradcheck.checking.probes import battery
from gradcheck.checking.probes.around_numbers import ratios_around, rewards_around
from gradcheck.checking.probes.copied_policy import copied
from gradcheck.checking.probes.probe import Probe
from gradcheck.checking.probes.subjects import Play

_LEAST_MOVE, _LARGEST_MOVE = 0.4, 0.9  # of each parameter: most ratios leave the interval from 0.8 to 1.2


@final
class MovedParametersCondition(Condition):
    """Several updates on one batch: the parameters have moved since it was sampled."""

    name = "moved_parameters"
    summary = "Several updates on one batch: the parameters have moved since it was sampled."
    aspect = Aspect.PARAMETERS
    moves_parameters = True
    probes = (
        battery.TWO_DECISIONS,
        battery.SHARED_PARAMETERS,
        battery.UNEQUAL_LENGTHS,
        battery.SHORT_AND_LONG,
        battery.RIGHT_OR_WRONG,
        battery.FIVE_ARMS,
        battery.NEAR_RATIOS,
        battery.FAR_RATIOS,
        battery.SHARED_TRUNK,
    )
    counterexample_sizes = (1, 2)

    def probes_around(self, numbers: tuple[float, ...]) -> tuple[Probe, ...]:
        """Rewards and ratios on both sides of them."""
        return (*rewards_around(numbers), *ratios_around(numbers))

    def placed(self, play: Play, options: CheckOptions) -> Play:
        """Sampled at the parameters as they are, with the policy moved away from there."""
        if play.moved is not None:
            return replace(play, policy=play.moved, behaviour=play.sampler)
        policy = copied(play.policy, with_hooks=True)
        numbers = torch.Generator().manual_seed(options.seed)
        with torch.no_grad():
            for parameter in policy.parameters():
                moves = torch.rand(parameter.shape, generator=numbers, dtype=torch.float64)
                signs = torch.randint(2, parameter.shape, generator=numbers) * 2 - 1
                step = signs * (_LEAST_MOVE + (_LARGEST_MOVE - _LEAST_MOVE) * moves)
                parameter.add_(step.to(parameter))
        return replace(play, policy=policy, behaviour=play.sampler)

    def true_gradients(self, case: Case, size: int, whole: Expectation) -> tuple[TrueGradient, ...]:
        """∇J at the moved parameters, or that of the surrogate where it is asked for."""
        del size, whole
        return (of_complete_episodes(case),)
