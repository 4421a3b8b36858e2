"""Who plays what: the game and policy that were given, or the battery of probes."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias, cast, final

import torch
from torch import nn

from gradcheck.checking.failure import loss_failed
from gradcheck.checking.options import POLICY_OUTPUTS, CheckOptions
from gradcheck.checking.probes.probe import Probe
from gradcheck.estimators.distributions import Policy
from gradcheck.estimators.policies import TabularPolicy
from gradcheck.tree.errors import invalid
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.unrolling.tree_size import size_of
from gradcheck.tree.user_code import user_code
from gradcheck.tree.values.policy_table import PolicyTable

#: (D numbers of an observation, A actions) → a policy.
PolicyMaker: TypeAlias = Callable[[int, int], nn.Module]

_RANDOM_POLICIES = 2  # for a game given without a policy
_ODDS = (1, 2, 3, 4, 5)


@final
@dataclass(frozen=True, eq=False)
class Play:
    """A game, and a policy in it.

    Attributes:
        name: of the probe, or "the game".
        tree: the unrolled game.
        policy: in whose parameters gradients are taken.
        behaviour: what samples the episodes, where that is not the policy.
        moved: the policy after updates on a batch, where the game is made for certain ones.
        rough: whether the game is there for the verdict alone; see ``Probe``.
        from_table: whether the policy was made of a table, so that another one with the same probabilities will do.
    """

    name: str
    tree: GameTree = field(repr=False)
    policy: nn.Module = field(repr=False)
    behaviour: Policy | PolicyTable | None = field(default=None, repr=False)
    moved: nn.Module | None = field(default=None, repr=False)
    rough: bool = field(default=False, repr=False)
    from_table: bool = field(default=False, repr=False)

    @property
    def sampler(self) -> Policy | PolicyTable:
        """What samples the episodes."""
        return self.policy if self.behaviour is None else self.behaviour


class AbstractSubject(ABC):
    """Gives the plays for a condition."""

    #: Whether a condition may choose its own probes, and their discount.
    is_battery: bool
    #: Whether the policies return logits alone, as tables do.
    returns_logits: bool
    #: In the loss's own code, on both sides of which a condition may want probes.
    numbers: tuple[float, ...] = ()

    @abstractmethod
    def plays(self, probes: tuple[Probe, ...], discount: Fraction) -> tuple[Play, ...]:
        """The games and policies to try.

        Args:
            probes: what a condition needs, where there is a choice.
            discount: of the probes.
        """

    @abstractmethod
    def key(self, play: Play) -> tuple[Hashable, ...] | None:
        """What a play of this subject follows from, where it is the same in every check; else None."""


@final
class Battery(AbstractSubject):
    """The probes, each with a policy of its own.

    Args:
        seed: of rewards and probabilities.
        policy: what the policies return, one of ``options.POLICY_OUTPUTS``, or a function that makes one.
        numbers: in the loss's own code.
    """

    is_battery = True

    def __init__(self, seed: int, policy: str | PolicyMaker, *, numbers: tuple[float, ...] = ()) -> None:
        self.seed, self.policy, self.numbers = seed, policy, numbers
        self.returns_logits = policy == "logits"
        self._known: dict[tuple[str, Fraction], Play] = {}

    def plays(self, probes: tuple[Probe, ...], discount: Fraction) -> tuple[Play, ...]:
        """One for each probe."""
        has_critic = self.policy == "logits_and_value"
        return tuple(self._play(probe, discount) for probe in probes if has_critic or not probe.shared_trunk)

    def _play(self, probe: Probe, discount: Fraction) -> Play:
        key = (probe.name, discount)
        if key not in self._known:
            game = probe.game(self.seed, discount)
            tree = unroll(game)
            if not isinstance(self.policy, str):
                self._known[key] = Play(probe.name, tree, made(self.policy, tree, self.seed), rough=probe.rough)
            else:
                policy = probe.policy(game, self.seed, self.policy)
                moved = None if probe.moved is None else probe.policy(game, self.seed, self.policy, moved=True)
                self._known[key] = Play(probe.name, tree, policy, moved=moved, rough=probe.rough)
        return self._known[key]

    def key(self, play: Play) -> tuple[Hashable, ...] | None:
        """The seed, what the policies return, and the probe; None where someone else makes the policies."""
        return (self.seed, self.policy, play.name) if isinstance(self.policy, str) else None


@final
class Given(AbstractSubject):
    """One game, with the policy that was given, or with a few random ones.

    Args:
        tree: the unrolled game.
        policy: a module; a table stands for a ``TabularPolicy``; a function makes a module; None for random tables.
        behaviour: what samples, where that is not the policy.
        seed: of random policies.
    """

    is_battery, returns_logits = False, True

    def __init__(
        self,
        tree: GameTree,
        policy: nn.Module | PolicyMaker | PolicyTable | None,
        behaviour: Policy | PolicyTable | None,
        seed: int,
    ) -> None:
        if policy is None:
            numbers = Random(f"policies {seed}")
            tables = [_random_table(tree, numbers) for _ in range(_RANDOM_POLICIES)]
            named = {f"the game, random policy {i}": TabularPolicy(tree, t) for i, t in enumerate(tables, start=1)}
        elif isinstance(policy, nn.Module):
            named = {"the game": policy}
        elif callable(policy):
            named = {"the game": made(policy, tree, seed)}
        else:
            named = {"the game": TabularPolicy(tree, policy)}
        table = policy is None or isinstance(policy, Mapping)
        self._plays = tuple(Play(name, tree, one, behaviour, from_table=table) for name, one in named.items())

    def plays(self, probes: tuple[Probe, ...], discount: Fraction) -> tuple[Play, ...]:  # noqa: ARG002 - no choice
        """The game itself, whatever the condition would choose."""
        return self._plays

    def key(self, play: Play) -> None:
        """None: games and policies that are given are someone else's."""


def made(maker: PolicyMaker, tree: GameTree, seed: int) -> nn.Module:
    """Let the function make a policy, from a seed of its own, and leave torch's generator as it was.

    Raises:
        InvalidArgument: if it makes something else.
        LossFailed: if it raises.
    """
    width, actions = observation_features(tree).shape[1], tree.legal_actions.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        with user_code(loss_failed):
            policy = maker(width, actions)
    if not isinstance(policy, nn.Module):
        hint = "A function given as policy is called as policy(observation_size, num_actions), and makes one."
        raise invalid("an nn.Module", f"policy({width}, {actions})", policy, hint)
    return policy


def _random_table(tree: GameTree, numbers: Random) -> dict[object, list[Fraction]]:
    """Ratios of small whole numbers, so that a batch can hold episodes exactly as often as they are probable."""
    table: dict[object, list[Fraction]] = {}
    for seen, legal in zip(tree.observations, tree.legal_actions.tolist(), strict=True):
        # All different, while there are as many: a uniform policy hides too much.
        drawn = iter(numbers.sample(_ODDS * math.ceil(sum(legal) / len(_ODDS)), sum(legal)))
        odds = [next(drawn) if allowed else 0 for allowed in legal]
        table[seen] = [Fraction(one, sum(odds)) for one in odds]
    return table


def subject_of(game: Any, policy: Any, options: CheckOptions, *, numbers: tuple[float, ...] = ()) -> AbstractSubject:
    """Who plays what, from the arguments of ``check``.

    Args:
        game: a game or its tree; None for the battery.
        policy: as ``check`` takes it.
        options: of ``check``.
        numbers: in the loss's own code, for the battery.

    Raises:
        InvalidArgument: if one of them cannot be used, or there are too many episodes to list.
    """
    behaviour, seed, most = options.behaviour, options.seed, options.max_batches
    if game is None:
        if behaviour is not None:
            raise invalid(
                "a game where a behaviour policy is given", "behaviour", behaviour, "Its table is for a game."
            )
        if policy is None:
            policy = "logits"
        if isinstance(policy, str):
            if policy not in POLICY_OUTPUTS:
                raise invalid(f"one of {', '.join(POLICY_OUTPUTS)}, where no game is given", "policy", policy)
            return Battery(seed, policy, numbers=numbers)
        if isinstance(policy, nn.Module | Mapping) or not callable(policy):
            hint = "Give the game it plays; or a function policy(observation_size, num_actions) that makes one."
            raise invalid("a game where a policy is given", "policy", policy, hint)
        return Battery(seed, cast(Any, policy), numbers=numbers)
    tree = unroll(game)
    episodes = size_of(tree).episodes
    if episodes > most:
        hint = f"Every episode is listed: the game has {episodes:,} different ones. Give a smaller horizon."
        raise invalid(f"a game of at most {most:,} episodes", "game", game, hint)
    if isinstance(policy, str):
        hint = "A game that is given needs a table, an nn.Module or a function that makes one."
        raise invalid("a policy for the game", "policy", policy, hint)
    if not (policy is None or isinstance(policy, nn.Module | Mapping) or callable(policy)):
        raise invalid("a table, an nn.Module or a function that makes one", "policy", policy)
    return Given(tree, cast(Any, policy), behaviour, seed)
