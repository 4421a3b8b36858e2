"""Expected gradients and true gradients: ask autograd for every batch, and add up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from gradcheck.estimators.episodes import Episodes
from tests.check.brute_force.batches import begun, episodes_of, every_batch, every_buffer, sampled_log_prob
from tests.check.brute_force.play import Played, Setting, every_episode, log_prob, probability


def coordinates(setting: Setting) -> list[nn.Parameter]:
    """The parameters that the probabilities of the actions depend on; a critic's are not among them."""
    parameters = list(setting.policy.parameters())
    total = torch.stack([probability(setting.policy, e) for e in every_episode(setting.game)]).pow(2).sum()
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    return [parameter for parameter, gradient in zip(parameters, gradients, strict=True) if gradient is not None]


def gradient(
    loss: Callable[..., Any], setting: Setting, episodes: Episodes, learning_rate: float | None = None
) -> Tensor:
    """[P] minus the gradient of the loss on one batch, or the step it took divided by its learning rate."""
    parameters = coordinates_of(setting)
    before = {id(p): p.detach().clone() for p in setting.policy.parameters()}
    setting.policy.zero_grad(set_to_none=True)
    result = loss(setting.policy, episodes)
    if learning_rate is not None:
        found = [(p.detach() - before[id(p)]) / learning_rate for p in parameters]
    else:
        if isinstance(result, Tensor) and result.requires_grad:
            result.backward()
        found = [torch.zeros_like(p) if p.grad is None else -p.grad for p in parameters]
    with torch.no_grad():
        for parameter in setting.policy.parameters():
            parameter.copy_(before[id(parameter)])
    setting.policy.zero_grad(set_to_none=True)
    return torch.cat([one.reshape(-1) for one in found])


@cache
def coordinates_of(setting: Setting) -> list[nn.Parameter]:
    """The same, computed once."""
    return coordinates(setting)


@cache
def batches_of(setting: Setting, batch: int | tuple[int, int]) -> list[tuple[float, Episodes]]:
    """The same as ``every_batch``, computed once."""
    return every_batch(setting, batch)


@cache
def expected_gradient(
    loss: Callable[..., Any],
    setting: Setting,
    batch: int | tuple[int, int],
    *,
    learning_rate: float | None = None,
    undivided: bool = False,
) -> Tensor:
    """[P] g = -E[gradient of the loss]; ``undivided`` switches the split of micro-batches off."""
    total = torch.zeros(sum(p.numel() for p in coordinates_of(setting)), dtype=torch.float64)
    if setting.has("micro_batches") and setting.has("fixed_steps") and not undivided:
        assert isinstance(batch, int)
        for weight, played in every_buffer(setting, batch):
            parts = [episodes_of(part, setting) for part in _split(played, batch // 2, setting)]
            total += weight * sum(gradient(loss, setting, part, learning_rate) for part in parts) / 2
        return total
    for weight, episodes in batches_of(setting, batch):
        if setting.has("micro_batches") and not undivided:
            half = episodes.num_episodes // 2
            if setting.has("groups"):  # between two groups
                last = int(episodes.group_index[-1])
                half = int((episodes.group_index < (last + 1) // 2).sum())
            parts = [episodes.select(range(half)), episodes.select(range(half, episodes.num_episodes))]
            found = sum(gradient(loss, setting, part, learning_rate) for part in parts) / 2
        else:
            found = gradient(loss, setting, episodes, learning_rate)
        total += weight * found
    return total


def _split(played: Sequence[Played], first: int, setting: Setting) -> tuple[list[Played], list[Played]]:
    """The first steps of a buffer and the others; what follows the cut between them is worth what came there."""
    parts: tuple[list[Played], list[Played]] = [], []
    done = 0
    for episode in played:
        returns = episodes_of([episode], setting).future_returns
        here = min(max(first - done, 0), len(episode.steps))
        before, after = list(episode.steps[:here]), episode.steps[here:]
        if before and after:
            before[-1] = replace(before[-1], cut=True, value=float(returns[here]))
        for part, steps in zip(parts, (before, after), strict=True):
            if steps:
                part.append(replace(episode, steps=tuple(steps)))
        done += len(episode.steps)
    return parts


Objective = Callable[[nn.Module, Episodes], Tensor]


def discounted_return(policy: nn.Module, episode: Episodes) -> Tensor:
    """Σ γ^t r_t of one episode."""
    return (episode.rewards * episode.discount**episode.time_steps).sum()


def true_gradient(setting: Setting, objective: Objective | None = None) -> Tensor:
    """[P] by autograd of Σ_τ P_θ(τ)·objective(τ), both factors differentiated."""
    total = torch.zeros((), dtype=torch.float64)
    for episode in every_episode(setting.game):
        worth = (objective or discounted_return)(setting.policy, episodes_of([episode], setting))
        total = total + probability(setting.policy, episode) * worth
    return _flat(total, setting)


def references(
    loss: Callable[..., Any],
    setting: Setting,
    batch: int | tuple[int, int],
    *,
    objective: Objective | None = None,
    learning_rate: float | None = None,
    reference: str = "return",
) -> list[Tensor]:
    """What counts as true under the setting's condition; where there are several, the better one counts."""
    if setting.has("micro_batches"):
        return [expected_gradient(loss, setting, batch, learning_rate=learning_rate, undivided=True)]
    return _references(setting, batch, objective, reference)


@cache
def _references(
    setting: Setting, batch: int | tuple[int, int], objective: Objective | None, reference: str
) -> list[Tensor]:
    if setting.has("fixed_steps"):
        assert isinstance(batch, int)
        return [_over_buffers(setting, batch, reference, per_episode=per_episode) for per_episode in (False, True)]
    if reference == "return" or setting.policy is setting.behaviour:
        return [true_gradient(setting, objective)]
    surrogate = torch.zeros((), dtype=torch.float64)
    for episode in every_episode(setting.game):
        weight = probability(setting.behaviour, episode).detach()
        returns = episodes_of([episode], setting).future_returns
        for t, step in enumerate(episode.steps):
            ratio = (log_prob(setting.policy, step) - log_prob(setting.behaviour, step).detach()).exp()
            surrogate = surrogate + weight * ratio * float(setting.game.discount) ** t * returns[t]
    return [_flat(surrogate, setting)]


def _over_buffers(setting: Setting, steps: int, reference: str, *, per_episode: bool) -> Tensor:
    """[P] each score times the return from there on, times the ratio of its episode or of its step."""
    total = torch.zeros((), dtype=torch.float64)
    for weight, played in every_buffer(setting, steps):
        returns = iter(episodes_of(played, setting).future_returns)
        for episode in played:
            logs = [log_prob(setting.policy, step) for step in episode.steps]
            ratios = [
                math.exp(float(log.detach()) - float(sampled_log_prob(setting, step)))
                for log, step in zip(logs, episode.steps, strict=True)
            ]
            for t, log in enumerate(logs):
                ratio = ratios[t] if reference == "stepwise" else math.prod(ratios)
                factor = float(setting.game.discount) ** t if setting.has("discounted") else 1.0
                total = total + weight * ratio * factor * log * next(returns) / (len(played) if per_episode else 1)
    return _flat(total, setting)


def gradient_of_as_many_steps(setting: Setting, steps: int) -> Tensor:
    """[P] Σ over the places of a buffer of P(an episode begins there) · ∇ of the return of the steps that are left.

    The state after them is worth what it is worth to the policy at its parameters. This is what the importance-weighted
    reference of a buffer must be: it is worked out from the policy that is optimised, which never fills a buffer.
    """
    total = torch.zeros((), dtype=torch.float64)
    for weight, played in every_buffer(setting, steps):
        left = steps
        for episode in played:
            total = total + weight * _return_of(setting, left)
            left -= len(episode.steps)
    return _flat(total, setting)


@cache
def _return_of(setting: Setting, steps: int) -> Tensor:
    """Has the gradient of the expected return of so many steps: Σ P(steps) · return · log-probability of the steps."""
    on_policy = replace(setting, behaviour=setting.policy)
    total = torch.zeros((), dtype=torch.float64)
    for number, (chance, state) in enumerate(setting.game.starts()):
        for p, episode in begun(on_policy, number, state, (), steps):
            worth = float(episodes_of([episode], on_policy).future_returns[0])
            logs = torch.stack([log_prob(setting.policy, step) for step in episode.steps])
            total = total + float(chance) * p * worth * logs.sum()
    return total


def _log_probs(policy: nn.Module, episodes: Episodes) -> Tensor:
    output = policy(episodes.observations)
    output = output[0] if isinstance(output, tuple) else output
    logits = output if isinstance(output, Tensor) else output.logits
    allowed = logits.masked_fill(~episodes.legal_actions, -math.inf).log_softmax(-1)
    return allowed.gather(-1, episodes.actions[:, None]).squeeze(-1)


def _flat(total: Tensor, setting: Setting) -> Tensor:
    return torch.cat([g.reshape(-1) for g in torch.autograd.grad(total, coordinates_of(setting))]).detach()
