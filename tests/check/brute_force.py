"""Expected gradients and true gradients by the plainest means: play everything, ask autograd for every batch, add up.

Nothing here is shared with what is tested but the games, the policies and the class of the batches: episodes are found
by recursive play, batches are sequences of them, and each batch costs one backward pass.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any, final

import torch
from torch import Tensor, nn

from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.game import TabularGame

_SHUFFLES = 6
_LARGEST_DENOMINATOR = 20_000

NEVER_CONSISTENT = ("fixed_steps", "micro_batches")


@final
@dataclass(frozen=True, eq=False)
class Setting:
    """A game, the policy at which the loss is evaluated, and the one that samples."""

    name: str
    condition: str
    game: TabularGame
    policy: nn.Module
    behaviour: nn.Module

    def has(self, *conditions: str) -> bool:
        """Whether one of these conditions holds, alone or beside others."""
        return not set(conditions).isdisjoint(self.condition.split(" + "))


@final
@dataclass(frozen=True)
class Step:
    """One step; ``value`` is that of the state after it, where a collector cut the episode there, else 0."""

    observation: tuple[float, ...]
    action: int
    reward: float
    after: tuple[float, ...] | None
    legal: tuple[int, ...]
    cut: bool = False
    value: float = 0.0


@final
@dataclass(frozen=True)
class Played:
    """An episode, the number of its start, and the product of the probabilities of chance along it."""

    start: int
    steps: tuple[Step, ...]
    chance: Fraction


# ---------------------------------------------------------------- play


def every_episode(game: TabularGame) -> list[Played]:
    """All complete episodes."""

    def on_from(state: Any, time: int, start: int, steps: tuple[Step, ...], chance: Fraction) -> Iterator[Played]:
        for step, next_state, probability in one_step(game, state, time):
            if step.after is None:
                yield Played(start, (*steps, step), chance * probability)
            else:
                yield from on_from(next_state, time + 1, start, (*steps, step), chance * probability)

    found = []
    for number, (probability, state) in enumerate(game.starts()):
        found += on_from(state, 0, number, (), Fraction(probability))
    return found


def one_step(game: TabularGame, state: Any, time: int) -> Iterator[tuple[Step, Any, Fraction]]:
    """Everything that one step can be, with the next state and the probability of chance."""
    seen, legal = _numbers(game.observe(state)), tuple(game.legal_actions(state))
    for action in legal:
        for probability, next_state, reward, terminated in game.step(state, action):
            over = terminated or (game.horizon is not None and time + 1 == game.horizon)
            after = None if over else _numbers(game.observe(next_state))
            yield Step(seen, action, float(reward), after, legal), next_state, Fraction(probability)


def _numbers(observation: object) -> tuple[float, ...]:
    assert isinstance(observation, tuple)
    return observation


def _floats(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def log_prob(policy: nn.Module, step: Step) -> Tensor:
    """log π(action | observation) over the legal actions."""
    output = policy(_floats([step.observation]))
    output = output[0] if isinstance(output, tuple) else output
    logits = (output if isinstance(output, Tensor) else output.logits)[0]
    return logits[step.action] - logits[list(step.legal)].logsumexp(0)


def probability(policy: nn.Module, episode: Played) -> Tensor:
    """Of an episode, differentiable."""
    total = _floats(float(episode.chance))
    for step in episode.steps:
        total = total * log_prob(policy, step).exp()
    return total


def value(game: TabularGame, policy: nn.Module, state: Any, time: int) -> float:
    """The expected discounted return from a state on."""
    total = 0.0
    for step, next_state, chance in one_step(game, state, time):
        later = 0.0 if step.after is None else value(game, policy, next_state, time + 1)
        total += (
            float(chance) * float(log_prob(policy, step).detach().exp()) * (step.reward + float(game.discount) * later)
        )
    return total


# ---------------------------------------------------------------- batches


def episodes_of(played: Sequence[Played], setting: Setting, groups: Sequence[int] | None = None) -> Episodes:
    """The batch made of these episodes, in this order."""
    game, discount = setting.game, float(setting.game.discount)
    steps = [step for episode in played for step in episode.steps]
    returns: list[float] = []
    for episode in played:
        backwards, running = [], episode.steps[-1].value
        for step in reversed(episode.steps):
            running = step.reward + discount * running
            backwards.append(running)
        returns += reversed(backwards)
    width = len(steps[0].observation)
    ends = [step is episode.steps[-1] for episode in played for step in episode.steps]
    return Episodes(
        observations=_floats([step.observation for step in steps]),
        actions=torch.tensor([step.action for step in steps]),
        rewards=_floats([step.reward for step in steps]),
        dones=torch.tensor(ends),
        future_returns=_floats(returns),
        episode_index=torch.tensor([i for i, episode in enumerate(played) for _ in episode.steps]),
        time_steps=torch.tensor([t for episode in played for t in range(len(episode.steps))]),
        log_probs=torch.stack([_sampled_log_prob(setting, step) for step in steps]),
        legal_actions=torch.tensor([[a in step.legal for a in range(game.num_actions)] for step in steps]),
        num_episodes=len(played),
        lengths=torch.tensor([len(episode.steps) for episode in played]),
        group_index=torch.tensor(groups if groups is not None else [episode.start for episode in played]),
        next_observations=_floats([step.after or (0.0,) * width for step in steps]),
        terminated=torch.tensor([step.after is None for step in steps]),
        truncated=torch.tensor([step.cut for step in steps]),
        bootstrap_values=_floats([step.value for step in steps]),
        discount=discount,
    )


@cache
def _sampled_log_prob(setting: Setting, step: Step) -> Tensor:
    return log_prob(setting.behaviour, step).detach()


def every_batch(setting: Setting, batch: int | tuple[int, int]) -> list[tuple[float, Episodes]]:
    """Every batch that can come of a condition, with its probability; these sum to 1."""
    if setting.has("fixed_steps"):
        assert isinstance(batch, int)
        found = [(p, episodes_of(played, setting)) for p, played in every_buffer(setting, batch)]
    elif setting.has("groups"):
        found = list(_grouped(setting, batch))
    else:
        assert isinstance(batch, int)
        every = [(float(probability(setting.behaviour, e).detach()), e) for e in every_episode(setting.game)]
        found = [
            (math.prod(p for p, _ in chosen), episodes_of([e for _, e in chosen], setting))
            for chosen in itertools.product(every, repeat=batch)
        ]
    assert abs(sum(p for p, _ in found) - 1) < 1e-12
    return found


def _groups(setting: Setting, batch: int | tuple[int, int]) -> tuple[int, list[tuple[float, list[Played]]]]:
    """How many groups are in a batch, and all that one can be, with the probability of its start and episodes."""
    starts, size = batch if isinstance(batch, tuple) else (2, max(2, batch // 2))
    by_start: dict[int, list[tuple[float, Played]]] = {}
    for episode in every_episode(setting.game):
        p = float(probability(setting.behaviour, episode).detach())
        by_start.setdefault(episode.start, []).append((p, episode))
    found: list[tuple[float, list[Played]]] = []
    for members in by_start.values():
        of_start = sum(p for p, _ in members)
        found += [
            (of_start * math.prod(p / of_start for p, _ in chosen), [e for _, e in chosen])
            for chosen in itertools.product(members, repeat=size)
        ]
    return starts, found


def _grouped(setting: Setting, batch: int | tuple[int, int]) -> Iterator[tuple[float, Episodes]]:
    starts, groups = _groups(setting, batch)
    for together in itertools.product(groups, repeat=starts):
        yield math.prod(p for p, _ in together), _side_by_side([played for _, played in together], setting)


def _side_by_side(groups: Sequence[list[Played]], setting: Setting) -> Episodes:
    numbers = [number for number, played in enumerate(groups) for _ in played]
    return episodes_of([episode for played in groups for episode in played], setting, numbers)


def every_buffer(setting: Setting, steps: int) -> list[tuple[float, list[Played]]]:
    """Every buffer of so many steps, episodes played one after another, the last cut where the buffer ends."""
    return list(_filled(setting, steps))


def _filled(setting: Setting, left: int) -> Iterator[tuple[float, list[Played]]]:
    if left == 0:
        yield 1.0, []
        return
    for number, (chance, state) in enumerate(setting.game.starts()):
        for p, first in _begun(setting, number, state, (), left):
            for q, others in _filled(setting, left - len(first.steps)):
                yield float(chance) * p * q, [first, *others]


def _begun(
    setting: Setting, start: int, state: Any, so_far: tuple[Step, ...], left: int
) -> Iterator[tuple[float, Played]]:
    """Every episode from a state on, cut if it is longer than what is left."""
    for step, next_state, chance in one_step(setting.game, state, len(so_far)):
        p = float(chance) * float(log_prob(setting.behaviour, step).detach().exp())
        if step.after is None:
            yield p, Played(start, (*so_far, step), Fraction(1))
        elif left == 1:
            worth = value(setting.game, setting.policy, next_state, len(so_far) + 1)
            yield p, Played(start, (*so_far, replace(step, cut=True, value=worth)), Fraction(1))
        else:
            for q, episode in _begun(setting, start, next_state, (*so_far, step), left - 1):
                yield p * q, episode


# ---------------------------------------------------------------- gradients


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
                math.exp(float(log.detach()) - float(_sampled_log_prob(setting, step)))
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
        for p, episode in _begun(on_policy, number, state, (), steps):
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


# ---------------------------------------------------------------- verdicts


def relation(g: Tensor, t: Tensor) -> tuple[str, float, float]:
    """("unbiased", "proportional" or "biased", scale c, sine of the angle) of g beside t."""
    scale = float(g @ t / (t @ t))
    sine = float((g - scale * t).norm() / g.norm()) if g.norm() > 1e-9 * t.norm() else 1.0
    if float((g - t).norm()) <= 1e-9 * float(t.norm()):
        return "unbiased", scale, sine
    if scale > 0 and sine <= 1e-9:
        return "proportional", scale, sine
    return "biased", scale, sine


@cache
def population(setting: Setting, batch: int | tuple[int, int], times: int, seed: int) -> Episodes:
    """One large batch in which every episode is as frequent as it is probable, in a random order.

    Under ``groups`` it is every group that is: their number grows, and not their size.
    """
    if setting.has("groups"):
        every = _groups(setting, batch)[1]
    else:
        every = [(float(probability(setting.behaviour, e).detach()), [e]) for e in every_episode(setting.game)]
    shares = [Fraction(p).limit_denominator(_LARGEST_DENOMINATOR) for p, _ in every]
    assert sum(shares) == 1
    multiple = math.lcm(*(share.denominator for share in shares)) * times
    units = [played for (_, played), share in zip(every, shares, strict=True) for _ in range(int(share * multiple))]
    Random(seed).shuffle(units)
    if setting.has("groups"):
        return _side_by_side(units, setting)
    return episodes_of([episode for played in units for episode in played], setting)


def is_right_in_the_limit(
    loss: Callable[..., Any],
    setting: Setting,
    batch: int | tuple[int, int],
    truth: Tensor,
    learning_rate: float | None,
) -> bool:
    """Whether the direction is right on a population, or its error fades in proportion to the population's size."""
    errors = []
    for times in (1, 8):

        def at(seed: int, times: int = times) -> Tensor:
            return gradient(loss, setting, population(setting, batch, times, seed), learning_rate)

        found = [at(0), at(1)]
        if not torch.allclose(found[0], found[1], rtol=1e-9):  # order matters, so there is something to average
            found += [at(seed) for seed in range(2, _SHUFFLES)]
        _, scale, sine = relation(torch.stack(found).mean(0), truth)
        errors.append(sine if scale > 0 else 1.0)
    first, last = errors
    return last < 1e-6 or last < min(0.02, first / 2)


def verdict(
    loss: Callable[..., Any],
    settings: Sequence[Setting],
    batch: int | tuple[int, int],
    *,
    objective: Objective | None = None,
    learning_rate: float | None = None,
    reference: str = "return",
) -> str:
    """The verdict over all settings: that of the worst; "refused" where a gradient is no number, none or random."""
    worst = "unbiased"
    for setting in settings:
        if _is_random(loss, setting, batch) or _is_constant(loss, setting, batch):
            return "refused"
        g = expected_gradient(loss, setting, batch, learning_rate=learning_rate)
        truths = references(loss, setting, batch, objective=objective, learning_rate=learning_rate, reference=reference)
        if not g.isfinite().all():
            return "refused"
        here = min((relation(g, t)[0] for t in truths), key=ORDER.index)
        if here == "biased" and not setting.has(*NEVER_CONSISTENT):
            right = is_right_in_the_limit(loss, setting, batch, truths[0], learning_rate)
            here = "consistent" if right else "biased"
        worst = max(worst, here, key=ORDER.index)
        if worst == "biased":
            break
    return worst


ORDER = ("unbiased", "proportional", "consistent", "biased")


def _is_constant(loss: Callable[..., Any], setting: Setting, batch: int | tuple[int, int]) -> bool:
    results = []

    def noted(policy: nn.Module, episodes: Episodes) -> Any:
        results.append(loss(policy, episodes))
        return results[-1]

    for _, episodes in batches_of(setting, batch)[:5]:
        gradient(noted, setting, episodes, learning_rate=1.0)  # which never calls backward
    return all(isinstance(result, Tensor) and not result.requires_grad for result in results)


def _is_random(loss: Callable[..., Any], setting: Setting, batch: int | tuple[int, int]) -> bool:
    state = torch.get_rng_state()
    gradient(loss, setting, batches_of(setting, batch)[0][1])
    return not torch.equal(torch.get_rng_state(), state)
