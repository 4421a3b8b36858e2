"""Several conditions at once: later updates on groups and on buffers, with a discount, and with parts of a batch."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from tests.check.corpus.case import right, wrong

SECOND_UPDATE = {"conditions": "groups + moved_parameters", "batch": (2, 2)}
SURROGATE = SECOND_UPDATE | {"reference": "stepwise"}
DISCOUNTED = {"conditions": "groups + discounted", "batch": (2, 2)}
BUFFER = {"conditions": "fixed_steps + moved_parameters", "batch": 3}
IN_PARTS = {"conditions": "groups + moved_parameters + micro_batches", "batch": (2, 2)}


def _log_probs(policy, episodes):
    return Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)


def _by_episode(values, episodes):
    return torch.zeros(episodes.num_episodes, dtype=torch.float64).index_add(0, episodes.episode_index, values)


def _weights_of_episodes(policy, episodes):
    logs = _log_probs(policy, episodes).detach() - episodes.log_probs
    return _by_episode(logs, episodes).exp()[episodes.episode_index]


def _against_the_others(episodes, values):
    same = (episodes.group_index[:, None] == episodes.group_index).double()
    others = (same @ values - values) / (same.sum(1) - 1)
    return (values - others)[episodes.episode_index]


def _leave_one_out(policy, episodes, weights):
    advantages = _against_the_others(episodes, _by_episode(episodes.rewards, episodes))
    return -(weights * _log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


@right("unbiased", citation="Ahmadian et al. 2024, with the ratio of the answer", **SECOND_UPDATE)
def leave_one_out_at_a_second_update(policy, episodes):
    return _leave_one_out(policy, episodes, _weights_of_episodes(policy, episodes))


@wrong("biased", cause="stepwise_surrogate", citation="token-level weights on groups", **SECOND_UPDATE)
def leave_one_out_with_token_level_weights(policy, episodes):
    return _leave_one_out(policy, episodes, (_log_probs(policy, episodes).detach() - episodes.log_probs).exp())


@right("unbiased", citation="token-level weights on groups, by their surrogate", **SURROGATE)
def leave_one_out_with_token_level_weights_by_its_surrogate(policy, episodes):
    return _leave_one_out(policy, episodes, (_log_probs(policy, episodes).detach() - episodes.log_probs).exp())


@wrong("biased", cause="not_importance_weighted", citation="several epochs without a ratio", **SECOND_UPDATE)
def leave_one_out_without_weights(policy, episodes):
    return _leave_one_out(policy, episodes, 1.0)


@right("unbiased", citation="leave-one-out of discounted returns", **DISCOUNTED)
def discounted_leave_one_out(policy, episodes):
    factors = episodes.discount ** episodes.time_steps.double()
    advantages = _against_the_others(episodes, _by_episode(factors * episodes.rewards, episodes))
    return -(_log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes


@wrong("biased", cause="no_discount_at_all", citation="returns of an undiscounted game", **DISCOUNTED)
def undiscounted_leave_one_out(policy, episodes):
    return _leave_one_out(policy, episodes, 1.0)


@right("unbiased", citation="off-policy actor with an exact critic at the cut", **BUFFER)
def buffer_with_weights_of_episodes(policy, episodes):
    return -(_weights_of_episodes(policy, episodes) * _log_probs(policy, episodes) * episodes.future_returns).sum()


@right("unbiased", citation="the same, averaged over episodes", **BUFFER)
def buffer_averaged_with_weights_of_episodes(policy, episodes):
    weights = _weights_of_episodes(policy, episodes)
    return -(weights * _log_probs(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes


@wrong("biased", cause="stepwise_surrogate", citation="PPO without its clip", **BUFFER)
def buffer_with_weights_of_steps(policy, episodes):
    ratio = (_log_probs(policy, episodes) - episodes.log_probs).exp()
    return -(ratio * episodes.future_returns).sum()


@right("unbiased", citation="PPO without its clip, by its surrogate", **(BUFFER | {"reference": "stepwise"}))
def buffer_with_weights_of_steps_by_its_surrogate(policy, episodes):
    ratio = (_log_probs(policy, episodes) - episodes.log_probs).exp()
    return -(ratio * episodes.future_returns).sum()


@right("unbiased", citation="gradient accumulation between groups", **IN_PARTS)
def leave_one_out_in_parts(policy, episodes):
    return _leave_one_out(policy, episodes, _weights_of_episodes(policy, episodes))


@wrong("biased", citation="advantages normalised over what a device holds", **IN_PARTS)
def normalised_over_the_part(policy, episodes):
    totals = _by_episode(episodes.rewards, episodes)
    advantages = ((totals - totals.mean()) / (totals.std() + 1.0))[episodes.episode_index]
    weights = _weights_of_episodes(policy, episodes)
    return -(weights * _log_probs(policy, episodes) * advantages).sum() / episodes.num_episodes
