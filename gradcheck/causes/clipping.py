"""Clipped surrogates, as published and in the forms they are mistaken for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from gradcheck.causes.averages import over_sequences
from gradcheck.causes.baselines import NORMALISED
from gradcheck.causes.cause import Cause
from gradcheck.causes.groups import GROUP_NORMALISED
from gradcheck.causes.parts import RIGHT_WEIGHTS, family, future, ratio, total
from gradcheck.estimators.averages import Average, over_episodes, over_steps
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.estimators.weights import Weights

#: Ratios [T], advantages [T] and ε → [T], what is maximised.
_Objective: TypeAlias = Callable[[Tensor, Tensor, float], Tensor]

_EPSILONS = (0.2, 0.1, 0.3)
_USUAL = _EPSILONS[0]
_normalised, _by_group = NORMALISED[0], GROUP_NORMALISED[0]
_USES: tuple[tuple[Average, Weights], ...] = ((over_episodes, future), (over_episodes, total), (over_steps, future))
#: The published surrogates are met with advantages of all kinds.
_MANY_USES: tuple[tuple[Average, Weights], ...] = (
    *_USES,
    (over_steps, total),
    *((over_episodes, right) for right in RIGHT_WEIGHTS[2:]),
    *((average, normalised) for normalised in (_normalised, _by_group) for average in (over_episodes, over_steps)),
    *((over_sequences, weights) for weights in (total, _by_group)),
)


def _clipped(ratios: Tensor, epsilon: float) -> Tensor:
    return ratios.clamp(1 - epsilon, 1 + epsilon)


def _smaller(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return torch.minimum(ratios * advantages, _clipped(ratios, epsilon) * advantages)


def _larger(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return torch.maximum(ratios * advantages, _clipped(ratios, epsilon) * advantages)


def _without_minimum(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return _clipped(ratios, epsilon) * advantages


def _before_advantage(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return torch.minimum(ratios, _clipped(ratios, epsilon)) * advantages


def _product(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    product = ratios * advantages
    return torch.minimum(product, product.clamp(1 - epsilon, 1 + epsilon))


def _dual(ratios: Tensor, advantages: Tensor, epsilon: float, *, bound: float) -> Tensor:
    smaller = _smaller(ratios, advantages, epsilon)
    return torch.where(advantages < 0, torch.maximum(smaller, bound * advantages), smaller)


def _loss(objective: _Objective, advantages: Weights, epsilon: float, average: Average) -> Loss:
    def loss(policy: Policy, episodes: Episodes) -> Tensor:
        return -average(objective(ratio(policy, episodes), advantages(episodes), epsilon), episodes)

    return loss


def _forms(
    name: str,
    title: str,
    remedy: str,
    *objectives: _Objective,
    uses: tuple[tuple[Average, Weights], ...] = _USES,
    epsilons: tuple[float, ...] = _EPSILONS,
    needs: str = "off_policy",
) -> tuple[Cause, ...]:
    """One cause for each ε, which the title names; for advantages of all kinds, and for the usual averages."""
    return tuple(
        cause
        for epsilon in epsilons
        for cause in family(
            name,
            title.format(epsilon=epsilon),
            remedy,
            [
                _loss(objective, advantages, epsilon, average)
                for average, advantages in (uses if epsilon == _USUAL else uses[:3])
                for objective in objectives
            ],
            needs=needs,
        )
    )


CAUSES: tuple[Cause, ...] = (
    *_forms(
        "ppo_clip",
        "This is PPO's published clipped surrogate with ε = {epsilon:g}: its gradient vanishes where the clip binds.",
        "Nothing, if PPO is meant: it is right at the first update. Unclipped ratios are right at every one.",
        _smaller,
        uses=_MANY_USES,
    ),
    *_forms(
        "clip_max",
        "The larger of the clipped (ε = {epsilon:g}) and the unclipped objective is taken, not the smaller.",
        "Take torch.min of the objectives, or torch.max of the losses, which are minus the objectives.",
        _larger,
    ),
    *_forms(
        "clip_without_min",
        "The ratio is clipped (ε = {epsilon:g}), and no minimum with the unclipped objective is taken.",
        "Take torch.min of ratio * advantage and clipped ratio * advantage.",
        _without_minimum,
    ),
    *_forms(
        "clip_before_advantage",
        "The minimum of the ratio and the clipped ratio (ε = {epsilon:g}) is taken before the advantage is multiplied.",
        "Multiply both with the advantage first: its sign decides which is smaller.",
        _before_advantage,
    ),
    *_forms(
        "product_clamped",
        "The product of ratio and advantage is clamped to 1 ± {epsilon:g}, not the ratio.",
        "Clamp the ratio, then multiply with the advantage.",
        _product,
        lambda ratios, advantages, epsilon: (ratios * advantages).clamp(1 - epsilon, 1 + epsilon),
        uses=_USES[:2],
        needs="",
    ),
    *_forms(
        "dual_clip",
        "This is dual-clip PPO with ε = {epsilon:g}: negative advantages are clipped at large ratios, too.",
        "Nothing, if that is meant: it is right at the first update. Unclipped ratios are right at every one.",
        partial(_dual, bound=3.0),
        epsilons=(_USUAL,),
    ),
)
