"""Advantages and bootstraps that trust a critic which is wrong; for policies that return (logits, value)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from gradcheck.causes.component import (
    CriticWeights,
    Feature,
    Mistake,
    OtherWeights,
)
from gradcheck.causes.parts import from_the_start, later_sums, positions, value_of
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.episodes import Episodes

#: Episodes, V(o_t) and V(o_(t+1)), 0 where the game ended → advantages [T].
_Advantages: TypeAlias = Callable[[Episodes, Tensor, Tensor], Tensor]


_CRITIC = frozenset({Feature.CRITIC})
_CRITIC_AND_CUT = frozenset({Feature.CRITIC, Feature.CUT})


def _of_critic(*advantages: _Advantages) -> OtherWeights:
    """Advantages that a critic takes part in, as weights; they may look at the next row of the batch."""
    return OtherWeights(*(CriticWeights(partial(_weights, advantages=one)) for one in advantages), across_episodes=True)


def _weights(policy: Policy, episodes: Episodes, *, advantages: _Advantages) -> Tensor:
    here = value_of(policy, episodes.observations)
    if here is None:
        return torch.full_like(episodes.rewards, torch.nan)
    # After the end there is nothing to see; a policy that knows its observations is asked about one of them.
    ended = episodes.terminated[:, None]
    after = value_of(policy, torch.where(ended, episodes.observations, episodes.next_observations))
    assert after is not None
    return from_the_start(episodes, advantages(episodes, here, after * ~episodes.terminated))


def _gae(episodes: Episodes, here: Tensor, following: Tensor, *, decay: float) -> Tensor:
    deltas = episodes.rewards + episodes.discount * following - here
    return later_sums(episodes, deltas, factor=episodes.discount * decay)


def _to_go(episodes: Episodes, extra: Tensor) -> Tensor:
    """[T] future returns with γ times this value added to the rewards."""
    return later_sums(episodes, episodes.rewards + episodes.discount * extra, factor=episodes.discount)


def _next_row(values: Tensor, episodes: Episodes) -> Tensor:
    return values[(positions(episodes) + 1) % len(values)]


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "one_step_td_with_wrong_critic",
        "Advantages are reward plus the critic's next value minus its value: right only where the critic is.",
        "Use returns minus the critic's value (λ = 1), or know that the critic's error is in the gradient.",
        _of_critic(partial(_gae, decay=0.0)),
        _CRITIC,
    ),
    *(
        Mistake(
            "gae_with_wrong_critic",
            f"Advantages are estimated with λ = {decay:g} and a critic that is wrong.",
            "Use λ = 1, or know that the critic's error is in the gradient.",
            _of_critic(partial(_gae, decay=decay)),
            _CRITIC,
        )
        for decay in (0.95, 0.97, 0.9, 0.99, 0.98, 0.8)
    ),
    Mistake(
        "value_of_same_step",
        "The target is the reward plus the value of the very observation, not of the next one.",
        "Use the critic's value of next_observations, or returns.",
        _of_critic(
            lambda e, here, _: e.rewards + e.discount * here * ~e.dones - here,
            lambda e, here, _: e.rewards + e.discount * here * ~e.dones,
        ),
        _CRITIC,
    ),
    Mistake(
        "bootstrap_with_wrong_critic",
        "Where an episode was cut short, a critic that is wrong says what would have followed.",
        "Nothing, if the critic is learned: the better it is, the smaller the error.",
        _of_critic(lambda e, _, following: _to_go(e, following * e.truncated), partial(_gae, decay=1.0)),
        _CRITIC_AND_CUT,
    ),
    Mistake(
        "bootstrap_from_last_observation",
        "Where an episode was cut short, the value of the last observation is added, not that of the next one.",
        "Ask the critic about next_observations at the cut.",
        _of_critic(
            lambda e, here, _: _to_go(e, here * e.truncated), lambda e, here, _: _to_go(e, here * e.truncated) - here
        ),
        _CRITIC_AND_CUT,
    ),
    Mistake(
        "bootstrap_at_termination",
        "The critic's value is added to the last reward although the episode has ended there.",
        "Add a value only where an episode was cut short; after its end nothing follows.",
        _of_critic(
            lambda e, here, _: _to_go(e, here * e.terminated + e.bootstrap_values),
            lambda e, here, _: _to_go(e, here * e.dones),
        ),
        _CRITIC,
    ),
    Mistake(
        "bootstrap_from_next_episode",
        "At an episode's end the value of the next row is added, which belongs to the next episode.",
        "Multiply the next value with 1 - terminated, and keep the observation before a reset.",
        _of_critic(
            lambda e, here, _: _to_go(e, _next_row(here, e) * e.terminated + e.bootstrap_values),
            lambda e, here, _: _to_go(e, _next_row(here, e) * e.dones),
            lambda e, here, following: _to_go(e, _next_row(here, e) * e.terminated + following * e.truncated),
        ),
        _CRITIC_AND_CUT,
    ),
    Mistake(
        "baseline_of_next_observation",
        "The baseline is the critic's value of the next observation, which depends on the action.",
        "Subtract the value of the observation in which the action was chosen.",
        _of_critic(lambda e, _, following: e.future_returns - following),
        _CRITIC,
    ),
)
