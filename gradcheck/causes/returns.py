"""Wrong returns: rewards that are missing, misplaced or bent."""

from __future__ import annotations

from torch import Tensor

from gradcheck.causes.component import (
    Mistake,
    OtherSign,
    OtherWeights,
)
from gradcheck.causes.parts import (
    by_step,
    from_the_start,
    future,
    gains,
    immediate,
    later_sums,
    ownership,
    positions,
    shifted,
    total,
    totals,
)
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.weights import Weights

_SUM_LATER = "Use episodes.future_returns, or sum the rewards from each step to the end of its episode."
_AS_THEY_ARE = "Use the rewards as they are: a baseline, or one factor for all, keeps the direction."


def _going_on(episodes: Episodes) -> Tensor:
    """[T] 1 where the next step is of the same episode."""
    return (~episodes.dones).to(episodes.rewards.dtype)


def _to_go(episodes: Episodes, rewards: Tensor) -> Tensor:
    """[T] the right weights, had these been the rewards."""
    changed = rewards + episodes.discount * episodes.bootstrap_values
    return from_the_start(episodes, later_sums(episodes, changed, factor=episodes.discount))


def _so_far(episodes: Episodes) -> Tensor:
    """[T] the rewards of the episode up to this step, its own included."""
    rewards = from_the_start(episodes, episodes.rewards)
    return by_step(episodes, ownership(episodes) @ rewards) - later_sums(episodes, rewards) + rewards


def _reversed(episodes: Episodes) -> Tensor:
    last = episodes.lengths[episodes.episode_index] - 1
    return future(episodes)[positions(episodes) + last - 2 * episodes.time_steps]


def _final_reward(episodes: Episodes) -> Tensor:
    final = from_the_start(episodes, gains(episodes)) * episodes.dones
    return by_step(episodes, ownership(episodes) @ final)


def _steps_left(episodes: Episodes) -> Tensor:
    return episodes.lengths[episodes.episode_index] - episodes.time_steps


def _normalised_rewards(*, centre: bool) -> Weights:
    def weights(episodes: Episodes) -> Tensor:
        off = episodes.rewards - episodes.rewards.mean()
        return _to_go(episodes, (off if centre else episodes.rewards) / (off.square().mean().sqrt() + 1e-8))

    return weights


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "sign",
        "The loss has the wrong sign: minimising it makes the expected return smaller.",
        "Put one minus before the mean of log-probability times return, neither none nor two.",
        OtherSign(),
    ),
    Mistake(
        "immediate_reward",
        "Each step is weighed with the reward that follows it alone, not with the sum of all later ones.",
        _SUM_LATER,
        OtherWeights(immediate),
    ),
    Mistake(
        "return_without_own_reward",
        "Each step is weighed with the return from the next step on: the reward of its own action is left out.",
        "The return of a step begins with the reward that follows it; do not subtract that, nor start one step later.",
        OtherWeights(
            lambda e: from_the_start(e, e.future_returns - e.rewards),
            lambda e: from_the_start(e, shifted(e.future_returns, 1) * _going_on(e)),
        ),
    ),
    Mistake(
        "reward_one_step_late",
        "Rewards are stored one step late: each is credited to the next action, and the last to none.",
        "Store the reward that env.step returns with the observation and the action that were passed to it.",
        OtherWeights(
            lambda e: from_the_start(e, later_sums(e, shifted(e.rewards * _going_on(e), -1), factor=e.discount)),
            lambda e: from_the_start(e, later_sums(e, shifted(e.rewards, -1), factor=e.discount)),
            lambda e: from_the_start(e, later_sums(e, e.rewards * _going_on(e), factor=e.discount)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "next_return",
        "Each step is weighed with the return of the next step in the batch, be it of the next episode.",
        "Shift nothing, or shift log-probabilities and returns alike: step t belongs to the return from t on.",
        OtherWeights(
            lambda e: shifted(future(e), 1), lambda e: shifted(future(e), 1, around=True), across_episodes=True
        ),
    ),
    Mistake(
        "final_reward_only",
        "Each step is weighed with the last reward of its episode alone.",
        _SUM_LATER,
        OtherWeights(_final_reward),
    ),
    Mistake(
        "rewards_so_far",
        "Each step is weighed with the rewards up to it, not with those from it on: the sum runs the wrong way.",
        _SUM_LATER + " In torch: rewards.flip(0).cumsum(0).flip(0).",
        OtherWeights(_so_far),
    ),
    Mistake(
        "past_rewards_only",
        "Each step is weighed with rewards that came before it, which its action cannot have changed.",
        _SUM_LATER,
        OtherWeights(
            lambda e: _so_far(e) - from_the_start(e, e.rewards),
            lambda e: shifted(from_the_start(e, e.rewards) * _going_on(e), -1),
            across_episodes=True,
        ),
    ),
    Mistake(
        "returns_in_reverse_order",
        "Returns are in reverse order: the first step is weighed with the return of the last.",
        "A list that was filled from the last step backwards must be reversed before it is used.",
        OtherWeights(_reversed, lambda e: future(e).flip(0), across_episodes=True),
    ),
    Mistake(
        "returns_indexed_by_time",
        "Steps look up the returns of episodes with a wrong index: their time, or their place in the batch.",
        "Look up with episodes.episode_index: returns[episodes.episode_index] has a row for each step.",
        OtherWeights(
            lambda e: totals(e)[e.time_steps % e.num_episodes],
            lambda e: totals(e)[positions(e) % e.num_episodes],
            across_episodes=True,
        ),
    ),
    Mistake(
        "return_divided_by_steps_left",
        "Each step is weighed with the mean of the later rewards, not with their sum.",
        "Sum the later rewards; a mean makes a step near the end count more.",
        OtherWeights(lambda e: future(e) / _steps_left(e)),
    ),
    Mistake(
        "rewards_clipped",
        "Rewards are clipped to [-1, 1], or replaced by their signs, before they are summed.",
        _AS_THEY_ARE,
        OtherWeights(lambda e: _to_go(e, e.rewards.clamp(-1, 1)), lambda e: _to_go(e, e.rewards.sign())),
    ),
    Mistake(
        "returns_clipped",
        "Returns are clipped to [-1, 1], or replaced by their signs.",
        _AS_THEY_ARE,
        OtherWeights(
            lambda e: from_the_start(e, e.future_returns.clamp(-1, 1)),
            lambda e: from_the_start(e, e.future_returns.sign()),
            lambda e: total(e).clamp(-1, 1),
            lambda e: total(e).sign(),
        ),
    ),
    Mistake(
        "positive_rewards_only",
        "Negative rewards are set to 0 before they are summed.",
        _AS_THEY_ARE,
        OtherWeights(lambda e: _to_go(e, e.rewards.clamp(min=0))),
    ),
    Mistake(
        "positive_returns_only",
        "Steps or episodes with a negative return are left out, or their return is set to 0.",
        "Keep negative returns: they say what to do less often. A baseline does the rest.",
        OtherWeights(lambda e: from_the_start(e, e.future_returns.clamp(min=0)), lambda e: total(e).clamp(min=0)),
    ),
    Mistake(
        "returns_made_binary",
        "Returns are replaced by 1 where they are positive and 0 elsewhere.",
        _AS_THEY_ARE,
        OtherWeights(
            lambda e: (e.future_returns > 0).to(e.rewards.dtype), lambda e: (total(e) > 0).to(e.rewards.dtype)
        ),
    ),
    Mistake(
        "return_squared",
        "Returns are squared.",
        "Multiply the log-probability with the return itself, once.",
        OtherWeights(lambda e: from_the_start(e, e.future_returns.square()), lambda e: total(e).square()),
    ),
    Mistake(
        "absolute_return",
        "Returns lose their sign: bad episodes are made more probable, as good ones are.",
        "Multiply the log-probability with the return, its sign included.",
        OtherWeights(lambda e: from_the_start(e, e.future_returns.abs()), lambda e: total(e).abs()),
    ),
    Mistake(
        "exponentiated_returns",
        "Steps are weighed with the exponential, or a softmax, of their return.",
        "Multiply with the return itself; exponential weights maximise something else than its expectation.",
        OtherWeights(
            lambda e: e.future_returns.exp(),
            lambda e: total(e).exp(),
            lambda e: e.future_returns.softmax(0),
            lambda e: by_step(e, totals(e).softmax(0)),
            across_episodes=True,
        ),
    ),
    Mistake(
        "rewards_centred",
        "The mean reward of the batch is subtracted from every reward before they are summed.",
        "Subtract a baseline from returns: subtracted from rewards, it makes long episodes better or worse.",
        OtherWeights(lambda e: _to_go(e, e.rewards - e.rewards.mean()), across_episodes=True),
    ),
    Mistake(
        "rewards_normalised",
        "Rewards are divided by the standard deviation of the batch's rewards before they are summed.",
        "Divide by a constant, or by statistics of earlier batches: those of this one depend on its own rewards.",
        OtherWeights(_normalised_rewards(centre=True), _normalised_rewards(centre=False), across_episodes=True),
    ),
)
