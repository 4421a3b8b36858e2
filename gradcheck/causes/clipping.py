"""Clipped surrogates, as published and in the forms they are mistaken for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from gradcheck.causes.baselines import NORMALISED
from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherScore,
)
from gradcheck.causes.groups import GROUP_NORMALISED
from gradcheck.causes.parts import RIGHT_WEIGHTS, ones, ratio
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights

#: Ratios [T], advantages [T] and ε → [T], what is maximised.
_Objective: TypeAlias = Callable[[Tensor, Tensor, float], Tensor]

_OFF_POLICY = frozenset({Feature.OFF_POLICY})
_EPSILONS = (0.2, 0.1, 0.3)
_USUAL = _EPSILONS[0]
#: The published surrogates are met with advantages of all kinds.
_MANY: tuple[Weights, ...] = (*RIGHT_WEIGHTS, NORMALISED[0], GROUP_NORMALISED[0])
_FEW = RIGHT_WEIGHTS[:2]


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


def _product_alone(ratios: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    return (ratios * advantages).clamp(1 - epsilon, 1 + epsilon)


def _dual(ratios: Tensor, advantages: Tensor, epsilon: float, *, bound: float) -> Tensor:
    smaller = _smaller(ratios, advantages, epsilon)
    return torch.where(advantages < 0, torch.maximum(smaller, bound * advantages), smaller)


def _score(policy: Policy, episodes: Episodes, *, objective: _Objective, advantages: Weights, epsilon: float) -> Tensor:
    return objective(ratio(policy, episodes), advantages(episodes), epsilon)


def _of(epsilon: float, *objectives: _Objective, advantages: tuple[Weights, ...]) -> OtherScore:
    """Scores that have their advantages in them: which of two is smaller depends on their sign."""
    return OtherScore(
        *(
            partial(_score, objective=objective, advantages=weights, epsilon=epsilon)
            for weights in advantages
            for objective in objectives
        ),
        weights=ones,
        across_episodes=advantages is not _FEW,
    )


MISTAKES: tuple[Mistake, ...] = (
    *(
        Mistake(
            "ppo_clip",
            f"This is PPO's published clipped surrogate with ε = {epsilon:g}: "
            "its gradient vanishes where the clip binds.",
            "Nothing, if PPO is meant: it is right at the first update. Unclipped, it is the surrogate at every one.",
            _of(epsilon, _smaller, advantages=_MANY if epsilon == _USUAL else _FEW),
            _OFF_POLICY,
        )
        for epsilon in _EPSILONS
    ),
    *(
        Mistake(
            "clip_max",
            f"The larger of the clipped (ε = {epsilon:g}) and the unclipped objective is taken, not the smaller.",
            "Take torch.min of the objectives, or torch.max of the losses, which are minus the objectives.",
            _of(epsilon, _larger, advantages=_FEW),
            _OFF_POLICY,
        )
        for epsilon in _EPSILONS
    ),
    *(
        Mistake(
            "clip_without_min",
            f"The ratio is clipped (ε = {epsilon:g}), and no minimum with the unclipped objective is taken.",
            "Take torch.min of ratio * advantage and clipped ratio * advantage.",
            _of(epsilon, _without_minimum, advantages=_FEW),
            _OFF_POLICY,
        )
        for epsilon in _EPSILONS
    ),
    *(
        Mistake(
            "clip_before_advantage",
            f"The minimum of the ratio and the clipped ratio (ε = {epsilon:g}) is taken "
            "before the advantage is multiplied.",
            "Multiply both with the advantage first: its sign decides which is smaller.",
            _of(epsilon, _before_advantage, advantages=_FEW),
            _OFF_POLICY,
        )
        for epsilon in _EPSILONS
    ),
    *(
        Mistake(
            "product_clamped",
            f"The product of ratio and advantage is clamped to 1 ± {epsilon:g}, not the ratio.",
            "Clamp the ratio, then multiply with the advantage.",
            _of(epsilon, _product, _product_alone, advantages=_FEW),
        )
        for epsilon in _EPSILONS
    ),
    Mistake(
        "dual_clip",
        f"This is dual-clip PPO with ε = {_USUAL:g}: negative advantages are clipped at large ratios, too.",
        "Nothing, if that is meant: it is right at the first update. Unclipped, it is the surrogate at every one.",
        _of(_USUAL, partial(_dual, bound=3.0), advantages=_FEW),
        _OFF_POLICY,
    ),
)
