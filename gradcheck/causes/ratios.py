"""Importance ratios that are missing, inverted, repeated or cut; all are right while the policy has not moved."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherScore,
)
from gradcheck.causes.parts import (
    by_step,
    later_sums,
    log_ratio,
    ownership,
    ratio,
)
from gradcheck.estimators.distributions import Policy, action_log_probs
from gradcheck.estimators.episodes import Episodes

_ONE_RATIO = "Multiply once with exp(new - old), old being the detached log-probabilities of sampling."
_OFF_POLICY = frozenset({Feature.OFF_POLICY})
_CAPS = (1.0, 2.0, 1.5, 3.0)


def _weighted(policy: Policy, episodes: Episodes, log_weights: Tensor) -> Tensor:
    """[T] a score whose gradient is the weight times that of the log-probability."""
    return log_weights.detach().exp() * action_log_probs(policy, episodes)


def _capped(policy: Policy, episodes: Episodes, *, cap: float, least: float = 0.0, flows: bool) -> Tensor:
    found = ratio(policy, episodes)
    if flows:
        return found.clamp(least, cap)
    return found.detach().clamp(least, cap) * action_log_probs(policy, episodes)


def _of_episode(policy: Policy, episodes: Episodes) -> Tensor:
    return by_step(episodes, ownership(episodes) @ log_ratio(policy, episodes))


def _capped_episode(policy: Policy, episodes: Episodes, *, cap: float) -> Tensor:
    return _of_episode(policy, episodes).detach().exp().clamp(max=cap) * action_log_probs(policy, episodes)


def _up_to_here(policy: Policy, episodes: Episodes) -> Tensor:
    logs = log_ratio(policy, episodes)
    so_far = _of_episode(policy, episodes) - later_sums(episodes, logs) + logs
    return _weighted(policy, episodes, so_far)


def _self_normalised(policy: Policy, episodes: Episodes) -> Tensor:
    found = ratio(policy, episodes)
    return found / found.detach().mean()


def _geometric(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] the geometric mean of the episode's ratios, at its first step; 0 at the others."""
    means = (ownership(episodes) @ log_ratio(policy, episodes)) / episodes.lengths
    return by_step(episodes, means.exp()) * (episodes.time_steps == 0)


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "not_importance_weighted",
        "Nothing corrects for the policy having moved: no ratio, or one of new to newly computed log-probabilities.",
        "Multiply with exp(new - old), old being the log-probabilities of sampling: episodes.log_probs.",
        OtherScore(action_log_probs),
        _OFF_POLICY,
    ),
    Mistake(
        "inverted_weights",
        "Log-probabilities are weighed with the inverse of the importance ratio: old over new.",
        _ONE_RATIO,
        OtherScore(lambda policy, e: _weighted(policy, e, -log_ratio(policy, e))),
        _OFF_POLICY,
    ),
    Mistake(
        "ratio_inverted",
        "The ratio of old to new is differentiated: its gradient has the wrong sign.",
        _ONE_RATIO,
        OtherScore(lambda policy, e: (-log_ratio(policy, e)).exp()),
    ),
    Mistake(
        "ratio_applied_twice",
        "The importance ratio is applied twice, or squared.",
        _ONE_RATIO,
        OtherScore(lambda policy, e: (2 * log_ratio(policy, e)).exp()),
        _OFF_POLICY,
    ),
    Mistake(
        "ratio_times_log_prob",
        "The ratio is multiplied with the log-probability, and both are differentiated.",
        "Use the ratio alone, or the detached ratio times the log-probability.",
        OtherScore(lambda policy, e: ratio(policy, e) * action_log_probs(policy, e)),
    ),
    Mistake(
        "ratio_constant",
        "The ratio is constant: old log-probabilities keep their graph, and the gradient cancels.",
        _ONE_RATIO,
        OtherScore(lambda policy, e: (action_log_probs(policy, e) - action_log_probs(policy, e)).exp()),
    ),
    Mistake(
        "self_normalised_weights",
        "Importance ratios are divided by their mean in the batch.",
        "Leave the division out: the mean ratio is 1 in expectation.",
        OtherScore(_self_normalised, across_episodes=True),
        _OFF_POLICY,
    ),
    *(
        Mistake(
            "truncated_weights",
            f"Importance weights are truncated at {cap:g}.",
            "Leave the truncation out, or know that it trades bias for variance.",
            OtherScore(partial(_capped, cap=cap, flows=False), partial(_capped, cap=cap, flows=True)),
            _OFF_POLICY,
        )
        for cap in _CAPS
    ),
    *(
        Mistake(
            "clipped_weights",
            f"Importance weights are clipped to 1 ± {epsilon:g}, whatever the sign of the advantage.",
            "Leave the clipping out, or know that it trades bias for variance.",
            OtherScore(partial(_capped, cap=1 + epsilon, least=1 - epsilon, flows=False)),
            _OFF_POLICY,
        )
        for epsilon in (0.2, 0.1, 0.3)
    ),
    *(
        Mistake(
            "truncated_episode_weights",
            f"The importance ratio of the whole episode is truncated at {cap:g}.",
            "Leave the truncation out, or know that it trades bias for variance.",
            OtherScore(partial(_capped_episode, cap=cap)),
            _OFF_POLICY,
        )
        for cap in _CAPS
    ),
    Mistake(
        "ratios_up_to_this_step",
        "Ratios are multiplied up to each step, but the return after it is that of the old policy.",
        'Multiply the ratios of the whole episode; those of each step alone are right by reference="stepwise".',
        OtherScore(_up_to_here),
        _OFF_POLICY,
    ),
    Mistake(
        "ratios_from_this_step_on",
        "Ratios are multiplied from each step on, but the steps before it are those of the old policy.",
        'Multiply the ratios of the whole episode; those of each step alone are right by reference="stepwise".',
        OtherScore(lambda policy, e: _weighted(policy, e, later_sums(e, log_ratio(policy, e)))),
        _OFF_POLICY,
    ),
    Mistake(
        "geometric_sequence_ratio",
        "The ratio of an episode is the geometric mean of its steps' ratios: its gradient is divided by the length.",
        'Use the product of the ratios; that of each step alone is right by reference="stepwise".',
        OtherScore(_geometric),
        _OFF_POLICY,
    ),
)
