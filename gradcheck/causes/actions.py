"""The log-probability of another action, or at another observation, than the policy was sampled with."""

from __future__ import annotations

from torch import Tensor

from gradcheck.causes.component import (
    Mistake,
    OtherScore,
)
from gradcheck.causes.parts import positions
from gradcheck.causes.scores import every_log_prob, masked_logits
from gradcheck.estimators.distributions import Policy, action_distribution
from gradcheck.estimators.episodes import Episodes

_TAKEN = "Take the log-probability of the action that the environment executed: episodes.actions."
_SEEN = "Ask the policy about episodes.observations: what it saw when it chose the action."


def _of(policy: Policy, episodes: Episodes, actions: Tensor) -> Tensor:
    return every_log_prob(policy, episodes).gather(-1, actions.unsqueeze(-1)).squeeze(-1)


def _neighbour(episodes: Episodes, by: int) -> Tensor:
    """[T] the step ``by`` later in the batch, or the last or first one."""
    return (positions(episodes) + by).clamp(0, len(episodes.rewards) - 1)


def _at_neighbour(policy: Policy, episodes: Episodes, by: int, *, across: bool) -> Tensor:
    """[T] the log-probability at the observation of another step; across the ends of episodes, or 0 there."""
    steps = _neighbour(episodes, by)
    asked = action_distribution(policy, episodes.observations[steps], episodes.legal_actions)
    found = asked.log_prob(episodes.actions)
    return (
        found
        if across
        else found * (episodes.episode_index[steps] == episodes.episode_index) * (steps != positions(episodes))
    )


def _at_neighbour_or_zeros(policy: Policy, episodes: Episodes, by: int) -> Tensor:
    """[T] the log-probability at the observation of another step, or at zeros beyond the ends of the episode."""
    steps = _neighbour(episodes, by)
    inside = (episodes.episode_index[steps] == episodes.episode_index) & (steps != positions(episodes))
    seen = episodes.observations[steps] * inside.unsqueeze(-1).to(episodes.observations.dtype)
    return action_distribution(policy, seen, episodes.legal_actions).log_prob(episodes.actions)


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "argmax_action",
        "The log-probability is of the most probable action, not of the one taken.",
        _TAKEN,
        OtherScore(lambda policy, e: _of(policy, e, masked_logits(policy, e).argmax(-1))),
    ),
    Mistake(
        "fresh_action",
        "The log-probability is of an action drawn anew, which has nothing to do with the return.",
        _TAKEN,
        OtherScore(lambda policy, e: (every_log_prob(policy, e).detach().exp() * every_log_prob(policy, e)).sum(-1)),
    ),
    Mistake(
        "first_action_always",
        "The log-probability is of the first action, whichever was taken.",
        _TAKEN,
        OtherScore(lambda policy, e: every_log_prob(policy, e)[:, 0]),
    ),
    Mistake(
        "last_action_always",
        "The log-probability is of the last action, whichever was taken.",
        _TAKEN,
        OtherScore(lambda policy, e: every_log_prob(policy, e)[:, -1]),
    ),
    Mistake(
        "action_of_next_step",
        "Each observation is paired with the action of the next step.",
        "Shift neither observations nor actions: a row holds what was seen and what was then done.",
        OtherScore(
            lambda policy, e: _of(policy, e, e.actions.roll(-1)),
            lambda policy, e: _of(policy, e, e.actions[_neighbour(e, 1)]) * (_neighbour(e, 1) != positions(e)),
            lambda policy, e: _of(policy, e, e.actions[_neighbour(e, 1)]) * ~e.dones,
            across_episodes=True,
        ),
    ),
    Mistake(
        "action_of_previous_step",
        "Each observation is paired with the action of the step before.",
        "Shift neither observations nor actions: a row holds what was seen and what was then done.",
        OtherScore(
            lambda policy, e: _of(policy, e, e.actions.roll(1)),
            lambda policy, e: _of(policy, e, e.actions[_neighbour(e, -1)]) * (_neighbour(e, -1) != positions(e)),
            lambda policy, e: _of(policy, e, e.actions[_neighbour(e, -1)]) * (e.time_steps > 0),
            across_episodes=True,
        ),
    ),
    Mistake(
        "observation_of_next_step",
        "The policy is asked about the observation after the action, not about the one before it.",
        _SEEN,
        OtherScore(
            lambda policy, e: _at_neighbour(policy, e, 1, across=False),
            lambda policy, e: _at_neighbour(policy, e, 1, across=True),
            lambda policy, e: _at_neighbour_or_zeros(policy, e, 1),
            across_episodes=True,
        ),
    ),
    Mistake(
        "observation_of_previous_step",
        "The policy is asked about the observation of the step before.",
        _SEEN,
        OtherScore(
            lambda policy, e: _at_neighbour(policy, e, -1, across=False),
            lambda policy, e: _at_neighbour(policy, e, -1, across=True),
            lambda policy, e: _at_neighbour_or_zeros(policy, e, -1),
            across_episodes=True,
        ),
    ),
)
