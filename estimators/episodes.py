"""The batch a loss receives: N episodes, flat over their T steps, one episode after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import final

import torch
from torch import Tensor

from gradcheck.tree.errors import invalid
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import discount_of
from gradcheck.tree.validation.outcomes import action_number


@final
@dataclass(frozen=True, eq=False)
class Episodes:
    """A batch of N episodes with T steps in all; D numbers in an observation, A actions.

    Attributes:
        observations: [T, D] float, what the policy saw.
        actions: [T] int64, what it did.
        rewards: [T], received on entering the next state.
        dones: [T] bool, True at each episode's last step.
        future_returns: [T], the sum of the episode's rewards from this step on, discounted from this step.
        episode_index: [T] int64, 0 … N-1.
        time_steps: [T] int64, 0 at each episode's first step.
        log_probs: [T], log-probability of the action under the policy that sampled it, detached.
        legal_actions: [T, A] bool, the mask sampling used.
        num_episodes: N.
        lengths: [N] int64, the number of steps of each episode.
        group_index: [N] int64, which start (prompt) the episode belongs to.
        next_observations: [T, D], what the policy saw next; zeros where the episode ended.
        terminated: [T] bool, True where the game ended (reaching its horizon is an end of the game).
        truncated: [T] bool, True where a collector cut the episode short; never so in complete episodes.
        bootstrap_values: [T], the exact value of where the player stood when the collector cut the episode short, under
            the policy that is optimised (which is the one that samples, unless another does); 0 at all other steps.
            ``future_returns`` include it, discounted.
        discount: γ of the game.

    Floats have the dtype of the policy that sampled them.
    """

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    dones: Tensor
    future_returns: Tensor
    episode_index: Tensor
    time_steps: Tensor
    log_probs: Tensor
    legal_actions: Tensor
    num_episodes: int
    lengths: Tensor
    group_index: Tensor
    next_observations: Tensor
    terminated: Tensor
    truncated: Tensor
    bootstrap_values: Tensor
    discount: float = 1.0

    def padded(self, name: str) -> tuple[Tensor, Tensor]:
        """One field in the layout that language-model losses use.

        Args:
            name: a field with a row for each step.

        Returns:
            The values as [N, H, …], zero (False) after each episode's end, H being the longest length, and the mask
            [N, H] bool, True at steps that were taken.

        >>> episodes = from_steps([(0,), (1,), (0,)], [0, 1, 1], [3, 4, 5], [False, True, True])
        >>> episodes.padded("rewards")[0].tolist()
        [[3.0, 4.0], [5.0, 0.0]]
        """
        value = getattr(self, name, None)
        if name not in STEP_FIELDS or not isinstance(value, Tensor):
            raise invalid(f"one of {', '.join(STEP_FIELDS)}", "name", name)
        shape = (self.num_episodes, int(self.lengths.max()))
        padded = value.new_zeros(shape + value.shape[1:])
        padded[self.episode_index, self.time_steps] = value
        mask = torch.zeros(shape, dtype=torch.bool, device=value.device)
        mask[self.episode_index, self.time_steps] = True
        return padded, mask

    def select(self, episodes: Sequence[int] | Tensor) -> Episodes:
        """The batch made of these episodes, in this order; one may come several times.

        Args:
            episodes: their numbers, each in 0 … N-1.
        """
        chosen = torch.as_tensor(episodes, dtype=torch.int64, device=self.lengths.device)
        if chosen.ndim != 1 or not len(chosen) or not ((chosen >= 0) & (chosen < self.num_episodes)).all():
            raise invalid(f"at least one number, each from 0 to {self.num_episodes - 1}", "episodes", episodes)
        lengths = self.lengths[chosen]
        ends = lengths.cumsum(0)
        numbers = torch.arange(int(ends[-1]), device=lengths.device)
        # repeat_interleave would say the same, in milliseconds where this takes microseconds.
        index = torch.searchsorted(ends, numbers, right=True)
        first = (self.lengths.cumsum(0) - self.lengths)[chosen]
        steps = numbers + (first - ends + lengths)[index]
        by_step = {name: getattr(self, name)[steps] for name in STEP_FIELDS}
        return replace(
            self,
            **by_step | {"episode_index": index},
            num_episodes=len(chosen),
            lengths=lengths,
            group_index=self.group_index[chosen],
        )


_EPISODE_FIELDS = ("num_episodes", "lengths", "group_index", "discount")
#: The fields of a batch that have a row for each step.
STEP_FIELDS = tuple(field.name for field in fields(Episodes) if field.name not in _EPISODE_FIELDS)


def from_steps(
    observations: Sequence[Sequence[float]],
    actions: Sequence[int],
    rewards: Sequence[float],
    dones: Sequence[bool],
    *,
    num_actions: int | None = None,
    discount: NumberLike = 1,
    dtype: torch.dtype = torch.float64,
) -> Episodes:
    """Make a batch from flat lists of steps, the way a training script collects them.

    Args:
        observations: T rows of D numbers.
        actions: T action numbers.
        rewards: T rewards.
        dones: T flags, True at each episode's last step; the last must be True.
        num_actions: A; by default one more than the largest action in the batch.
        discount: for the future returns.
        dtype: of the floats.

    Nothing is known about the policy that sampled the steps: ``log_probs`` are NaN, every action counts as legal.

    Raises:
        InvalidArgument: if the lists differ in length, are empty, do not end with an episode, or hold no such numbers.
    """
    lists = {"actions": actions, "rewards": rewards, "dones": dones}
    for name, values in lists.items():
        if len(values) != len(observations):
            raise invalid(f"{len(observations)} values, one for each observation", name, values)
    if not len(dones) or not dones[-1]:
        raise invalid("a list that ends with True, where the last episode ends", "dones", dones)
    ends = torch.as_tensor(dones, dtype=torch.bool)
    episode_index = ends.cumsum(0) - ends.long()
    lengths = torch.bincount(episode_index)
    time_steps = torch.arange(len(ends)) - (lengths.cumsum(0) - lengths)[episode_index]
    try:
        seen = torch.as_tensor(observations, dtype=dtype)
    except (TypeError, ValueError):
        seen = None
    if seen is None or seen.ndim != 2:
        raise invalid("rows of numbers, one for each step", "observations", observations)
    gains = torch.tensor([float(number(r, f"rewards[{i}]")) for i, r in enumerate(rewards)], dtype=dtype)
    taken = [action_number(action, f"actions[{i}]") for i, action in enumerate(actions)]
    width = num_actions if num_actions is not None else 1 + max(taken)
    if max(taken) >= width:
        raise invalid(
            "actions below num_actions", "num_actions", num_actions, f"The batch has the action {max(taken)}."
        )
    factor = float(discount_of(discount))
    next_seen = torch.cat([seen[1:], torch.zeros_like(seen[:1])]) * ~ends[:, None]
    return Episodes(
        observations=seen,
        actions=torch.tensor(taken),
        rewards=gains,
        dones=ends,
        future_returns=returns_to_go(gains, time_steps, ends, factor),
        episode_index=episode_index,
        time_steps=time_steps,
        log_probs=torch.full_like(gains, torch.nan),
        legal_actions=torch.ones(len(ends), width, dtype=torch.bool),
        num_episodes=len(lengths),
        lengths=lengths,
        group_index=torch.zeros_like(lengths),
        next_observations=next_seen,
        terminated=ends,
        truncated=torch.zeros_like(ends),
        bootstrap_values=torch.zeros_like(gains),
        discount=factor,
    )


def discount_factors(episodes: Episodes, discount: float | None = None) -> Tensor:
    """[T] γ^t, with t the time of each step inside its episode.

    Args:
        episodes: the batch.
        discount: γ, where it is not that of the game.

    >>> discount_factors(from_steps([(0,), (1,), (0,)], [0, 1, 1], [3, 4, 5], [False, True, True], discount="1/2"))
    tensor([1.0000, 0.5000, 1.0000], dtype=torch.float64)
    """
    factor = episodes.discount if discount is None else discount
    return factor ** episodes.time_steps.to(episodes.rewards.dtype)  # whole numbers as they are would give float32


def sum_per_episode(values: Tensor, episodes: Episodes) -> Tensor:
    """[N] the sum of the values [T] of each episode's steps.

    >>> batch = from_steps([(0,), (1,), (0,)], [0, 1, 1], [3, 4, 5], [False, True, True])
    >>> sum_per_episode(batch.rewards, batch)
    tensor([7., 5.], dtype=torch.float64)
    """
    return values.new_zeros(episodes.num_episodes).index_add(0, episodes.episode_index, values)


def returns_to_go(rewards: Tensor, time_steps: Tensor, dones: Tensor, discount: float) -> Tensor:
    """G_t = r_t + γ G_{t+1} within each episode, from the last steps to the first.

    Args:
        rewards: [T].
        time_steps: [T] int64.
        dones: [T] bool.
        discount: γ.
    """
    returns = rewards.clone()
    # All steps with one time are done together: a loop over the horizon, not over the steps.
    order = torch.argsort(time_steps, descending=True, stable=True)
    for steps in order.split(torch.bincount(time_steps).flip(0).tolist()):
        going_on = steps[~dones[steps]]
        returns[going_on] += discount * returns[going_on + 1]
    return returns
