"""Hypothesis strategies for right losses: every way to write the same expected gradient, drawn at random.

A loss is a scale times the mean over episodes of Σ score · (weight - baseline), or a mixture of two such. It is right
because E[score · b] = 0 for whatever was known before the action, and for whatever other episodes say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from hypothesis import strategies as st
from torch import Tensor

from gradcheck.estimators.episodes import Episodes

SCORES = ("log_prob", "log_softmax", "softmax", "inverse", "ratio_to_itself", "ratio_to_the_sampled")
BASELINES = ("none", "constant", "observation", "time")
OTHERS = ("others_totals", "others_at_the_time", "another_episode")
MOVED = ("each_step", "whole_episode", "up_to_each_reward", "whole_episode_detached")
_LONGEST = 9  # steps of an episode on the probes
_WIDEST = 4  # numbers in an observation


@final
@dataclass(frozen=True)
class Part:
    """One right estimate of the gradient.

    Attributes:
        score: one of ``SCORES``; what is differentiated at the parameters that sampled.
        importance: one of ``MOVED`` where the parameters have moved, else "none".
        own: by time step, the share of the return from the step on; the rest is that of the whole episode.
        baseline: one of ``BASELINES`` or ``OTHERS``, or "other_group".
        numbers: of the baseline, by observation or time step.
        shift: how far off the other episode is.
        groups: how many there are, where batches are in groups.
        style: "flat", "padded" or "loop".
    """

    score: str
    importance: str
    own: tuple[float, ...]
    baseline: str
    numbers: tuple[float, ...]
    shift: int
    groups: int
    style: str

    def __call__(self, policy: Any, episodes: Episodes) -> Tensor:
        """The loss on a batch."""
        log_probs = self._log_probs(policy, episodes)
        if self.importance != "none":
            advantages = self._advantages(episodes)
            weighted = _weighted(log_probs, episodes, self.importance, advantages, self.numbers[0])
            return -weighted / episodes.num_episodes
        scores = self._scores(log_probs, episodes)
        if self.style == "loop":
            advantages = self._advantages_in_a_loop(episodes)
            terms = [score * advantage for score, advantage in zip(scores, advantages, strict=True)]
            return -sum(terms, start=torch.zeros((), dtype=torch.float64)) / episodes.num_episodes
        terms = scores * self._advantages(episodes)
        if self.style == "flat":
            return -terms.sum() / episodes.num_episodes
        rows = torch.zeros(episodes.num_episodes, _LONGEST, dtype=torch.float64)
        return -rows.index_put((episodes.episode_index, episodes.time_steps), terms).sum(1).mean()

    def _log_probs(self, policy: Any, episodes: Episodes) -> Tensor:
        output = policy(episodes.observations)
        logits = output if isinstance(output, Tensor) else output.logits
        match self.score:
            case "log_softmax":
                every = logits - logits.exp().sum(-1, keepdim=True).log()
            case "softmax":
                every = (logits.exp() / logits.exp().sum(-1, keepdim=True)).log()
            case _:
                every = logits.log_softmax(-1)
        return every.gather(1, episodes.actions[:, None]).squeeze(1)

    def _scores(self, log_probs: Tensor, episodes: Episodes) -> Tensor:
        match self.score:
            case "inverse":
                return log_probs.exp() / log_probs.exp().detach()
            case "ratio_to_itself":
                return (log_probs - log_probs.detach()).exp()
            case "ratio_to_the_sampled":
                return (log_probs - episodes.log_probs).exp()
        return log_probs

    def _advantages(self, episodes: Episodes) -> Tensor:
        """[T] for all steps at once."""
        index, times, count = episodes.episode_index, episodes.time_steps, episodes.num_episodes
        factors = episodes.discount ** times.double()
        discounted = factors * episodes.rewards
        zeros = torch.zeros(count, dtype=torch.float64)
        totals = zeros.index_add(0, index, discounted)
        later = factors * episodes.future_returns
        own = _numbers(self.own)[times]
        advantages = own * later + (1 - own) * totals[index]
        match self.baseline:
            case "constant":
                return advantages - self.numbers[0]
            case "observation":
                return advantages - episodes.observations @ _numbers(self.numbers)[: episodes.observations.shape[1]]
            case "time":
                return advantages - _numbers(self.numbers)[times]
            case "others_totals":
                return advantages - ((totals.sum() - totals) / (count - 1))[index]
            case "others_at_the_time":
                at = torch.zeros(_LONGEST, dtype=torch.float64).index_add(0, times, later)
                return advantages - (at[times] - later) / (count - 1)
            case "another_episode":
                return advantages - totals.roll(self.shift)[index]
            case "other_group":
                same = (episodes.group_index[:, None] == episodes.group_index).double()
                means = same @ totals / same.sum(1)
                return advantages - means.roll(count // self.groups)[index]
        return advantages

    def _advantages_in_a_loop(self, episodes: Episodes) -> list[float]:
        """The same step by step, in plain numbers."""
        rewards: list[list[float]] = [[] for _ in range(episodes.num_episodes)]
        for step, i in enumerate(episodes.episode_index.tolist()):
            rewards[i].append(episodes.discount ** len(rewards[i]) * float(episodes.rewards[step]))
        groups = episodes.group_index.tolist()
        found = []
        for i, mine in enumerate(rewards):
            others = [rewards[j] for j in range(len(rewards)) if j != i]
            for t in range(len(mine)):
                match self.baseline:
                    case "constant":
                        baseline = self.numbers[0]
                    case "observation":
                        seen = episodes.observations[len(found)].tolist()
                        baseline = sum(a * b for a, b in zip(seen, self.numbers, strict=False))
                    case "time":
                        baseline = self.numbers[t]
                    case "others_totals":
                        baseline = sum(map(sum, others)) / len(others)
                    case "others_at_the_time":
                        baseline = sum(sum(other[t:]) for other in others) / len(others)
                    case "another_episode":
                        baseline = sum(rewards[(i - self.shift) % len(rewards)])
                    case "other_group":
                        before = (groups[i] - 1) % self.groups
                        there = [sum(rewards[j]) for j in range(len(rewards)) if groups[j] == before]
                        baseline = sum(there) / len(there)
                    case _:
                        baseline = 0.0
                found.append(self.own[t] * sum(mine[t:]) + (1 - self.own[t]) * sum(mine) - baseline)
        return found


@final
@dataclass(frozen=True)
class RightLoss:
    """One estimate, or a mixture of two.

    Attributes:
        first: the one.
        second: the other.
        share: of the first; that of the second is what is missing to 1.
        divisor: a number that stands in the place of the number of episodes; 0 for none.
        calls_backward: whether it does so itself and returns nothing.
    """

    first: Part
    second: Part | None
    share: float
    divisor: int
    calls_backward: bool

    def __call__(self, policy: Any, episodes: Episodes) -> Tensor | None:
        """The loss on a batch."""
        loss = self.first(policy, episodes)
        if self.second is not None:
            loss = self.share * loss + (1 - self.share) * self.second(policy, episodes)
        if self.divisor:
            loss = loss * episodes.num_episodes / self.divisor
        if not self.calls_backward:
            return loss
        loss.backward()
        return None


def _weighted(log_probs: Tensor, episodes: Episodes, importance: str, advantages: Tensor, constant: float) -> Tensor:
    """Σ over all steps of a batch from other parameters than those that are optimised."""
    log_ratios = log_probs - episodes.log_probs
    if importance == "each_step":
        return (log_ratios.exp() * advantages).sum()
    rows = torch.zeros(episodes.num_episodes, _LONGEST, dtype=torch.float64)
    where = (episodes.episode_index, episodes.time_steps)
    by_step = rows.index_put(where, log_ratios)
    if importance == "up_to_each_reward":
        return (by_step.cumsum(1).exp() * rows.index_put(where, episodes.rewards)).sum()
    whole = by_step.sum(1).exp()
    if importance == "whole_episode":
        return (whole * (rows.index_put(where, episodes.rewards).sum(1) - constant)).sum()
    return (whole.detach()[episodes.episode_index] * log_probs * advantages).sum()


def _numbers(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# ---------------------------------------------------------------- strategies

_quarters = st.integers(-8, 8).map(lambda number: number / 4)


@st.composite
def _parts(
    draw: Callable[..., Any], importances: tuple[str, ...], baselines: tuple[str, ...], apart: int, groups: int
) -> Part:
    return Part(
        score=draw(st.sampled_from(SCORES)),
        importance=draw(st.sampled_from(importances)),
        own=draw(st.sampled_from([(1.0,) * _LONGEST, (0.0,) * _LONGEST]) | st.tuples(*[_quarters] * _LONGEST)),
        baseline=draw(st.sampled_from(baselines)),
        numbers=draw(st.tuples(*[_quarters] * max(_WIDEST, _LONGEST))),
        shift=apart,
        groups=groups,
        style=draw(st.sampled_from(("flat", "padded", "loop"))),
    )


@st.composite
def right_losses(
    draw: Callable[..., Any],
    batch: int,
    *,
    importances: tuple[str, ...] = ("none",),
    baselines: tuple[str, ...] | None = None,
    groups: int = 0,
) -> RightLoss:
    """Losses that are right on batches of a size.

    Args:
        draw: of Hypothesis.
        batch: N.
        importances: among ``MOVED``, those that have the same true gradient.
        baselines: those that are right; by default all that the batch is large enough for.
        groups: how many there are.
    """
    known = BASELINES + (OTHERS if batch > 1 else ()) if baselines is None else baselines
    apart = draw(st.integers(1, batch - 1)) if batch > 1 else 0
    parts = _parts(importances, known, apart, groups)
    return RightLoss(
        first=draw(parts),
        second=draw(st.none() | parts),
        share=draw(_quarters),
        divisor=draw(st.sampled_from((0, 0, 1, 2, 3, 10))),
        calls_backward=draw(st.booleans()),
    )
