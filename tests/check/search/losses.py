"""Losses that only show themselves where the battery does not look, each with a right one of its kind beside it."""

from __future__ import annotations

import torch

from gradcheck.estimators import action_log_probs


def surrogate(weights):
    """-Σ log π · weights / N for weights(episodes) [T]."""

    def loss(policy, episodes):
        return -(action_log_probs(policy, episodes) * weights(episodes)).sum() / episodes.num_episodes

    return loss


right = surrogate(lambda e: e.future_returns)

#: Wrong in episodes longer than the battery's, at a number that does not stand in its code.
seventh_step_cut = surrogate(lambda e: e.future_returns * (e.time_steps < len("seldom")))


def of_totals(weights):
    """The same for weights(totals [N]) [N]."""
    return surrogate(lambda e: weights(totals(e))[e.episode_index])


def totals(episodes):
    zeros = torch.zeros(episodes.num_episodes, dtype=episodes.rewards.dtype)
    return zeros.index_add(0, episodes.episode_index, episodes.rewards)


def returns_within(steps):
    """The sum of so many rewards from each step on, in its episode."""

    def weights(episodes):
        returns, rewards = torch.zeros_like(episodes.rewards), episodes.rewards
        for ahead in range(min(steps, len(rewards))):
            same = episodes.episode_index[ahead:] == episodes.episode_index[: len(rewards) - ahead]
            returns[: len(rewards) - ahead] += rewards[ahead:] * same
        return returns

    return weights


def visits(episodes):
    """How often each step's observation was met before in its episode."""
    known, numbers = {}, []
    for episode, seen in zip(episodes.episode_index.tolist(), episodes.observations.tolist(), strict=True):
        key = (episode, *seen)
        numbers.append(known.get(key, 0))
        known[key] = numbers[-1] + 1
    return torch.tensor(numbers)


def last_return_of_each_observation(episodes):
    """As a dictionary gives it in which later visits overwrite earlier ones."""
    keys = [
        (episode, *seen)
        for episode, seen in zip(episodes.episode_index.tolist(), episodes.observations.tolist(), strict=True)
    ]
    by_key = dict(zip(keys, episodes.future_returns.tolist(), strict=True))
    return torch.tensor([by_key[key] for key in keys], dtype=episodes.rewards.dtype)


def of_logits(choose):
    """The score of choose(logits, actions) → (logits, actions)."""

    def loss(policy, episodes):
        logits, actions = choose(policy(episodes.observations), episodes.actions)
        log_probs = logits.log_softmax(-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
        return -(log_probs * episodes.future_returns).sum() / episodes.num_episodes

    return loss


def from_size(size, *, wrong=lambda e: e.rewards):
    """Right in batches of fewer than ``size`` episodes."""
    return surrogate(lambda e: wrong(e) if e.num_episodes >= size else e.future_returns)


def up_to_size(size):
    """Right in batches of up to ``size`` episodes; in larger ones each step counts by its number."""
    return surrogate(lambda e: e.future_returns * (2.0 * e.time_steps if e.num_episodes > size else 1.0))


#: {kind: {name: loss}}: members of one kind have the same reason to be missed.
WRONG = {
    "thresholds": {
        "steps_with_a_reward_of_minus_five_or_less": surrogate(lambda e: e.future_returns * (e.rewards > -5)),
        "returns_beyond_seven_clipped": surrogate(lambda e: e.future_returns.clamp(max=7.5)),
        "episodes_above_a_dozen": of_totals(lambda totals: totals * (totals < 12)),
    },
    "long_episodes": {
        "third_step_cut": surrogate(lambda e: e.future_returns * (e.time_steps < 3)),
        "returns_of_three_rewards": surrogate(returns_within(3)),
        "long_episodes_count_half": surrogate(lambda e: e.future_returns / (1 + (e.lengths > 3)[e.episode_index])),
    },
    "visits": {
        "first_visit_only": surrogate(lambda e: e.future_returns * (visits(e) == 0)),
        "later_visits_weigh_less": surrogate(lambda e: e.future_returns / (1 + visits(e))),
        "overwritten": surrogate(last_return_of_each_observation),
    },
    "actions": {
        "clamped_actions": of_logits(lambda logits, actions: (logits, actions.clamp(max=2))),
        "first_three_logits": of_logits(lambda logits, actions: (logits[:, :3], actions.clamp(max=2))),
        "fourth_action_is_the_first": of_logits(
            lambda logits, actions: (logits, torch.where(actions == 3, 0, actions))
        ),
    },
    "sizes": {
        "rewards_from_32_on": from_size(32),
        "signs_from_16_on": from_size(16, wrong=lambda e: -e.future_returns),
        "later_steps_twice_beyond_9": up_to_size(9),
    },
    "rewards": {
        "padding_known_by_a_reward_of_zero": surrogate(lambda e: e.future_returns * (e.rewards != 0)),
        "whole_rewards": of_totals(lambda totals: totals.long().to(totals)),
        "rounded": surrogate(lambda e: e.future_returns.round()),
    },
    "observations": {
        "whole_observations": lambda policy, e: right(lambda seen: policy(seen.long().to(seen)), e),
        "no_signs": lambda policy, e: right(lambda seen: policy(seen.abs()), e),
        "at_most_one": lambda policy, e: right(lambda seen: policy(seen.clamp(max=1)), e),
    },
}
