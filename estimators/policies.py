"""Policies for finite games: a table of logits, a linear layer, and the probabilities themselves."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from torch import Tensor, nn

from gradcheck.estimators.distributions import FreeProbabilities
from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Floats
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.observation_features import observation_features
from gradcheck.tree.values.policy_table import PolicyTable, action_probabilities


def given_probabilities(tree: GameTree, table: PolicyTable | None) -> Tensor:
    """[I, A] float64 from a policy table, 0 where illegal; uniform over the legal actions without one."""
    legal = torch.as_tensor(tree.legal_actions)
    if table is None:
        return legal.double() / legal.sum(dim=1, keepdim=True)
    probs = torch.zeros(legal.shape, dtype=torch.float64)
    probs[legal] = torch.as_tensor(action_probabilities(tree, table).astype(np.float64))
    return probs


class _Lookup(nn.Module):
    """Observations [T, D] → the numbers [T] of their information sets."""

    features: Tensor

    def __init__(self, tree: GameTree) -> None:
        super().__init__()
        self.register_buffer("features", torch.as_tensor(observation_features(tree)))

    def forward(self, observations: Tensor) -> Tensor:
        return self.find(observations)[0]

    def find(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and whether they are known, [T]: under ``torch.vmap`` what is not cannot be refused."""
        same = (observations.unsqueeze(-2) == self.features).all(dim=-1)
        known = same.any(dim=-1)
        try:
            missing = not known.all()
        except RuntimeError:  # under torch.vmap no value can be looked at
            missing = False
        if missing:
            hint = "It belongs to no information set. (The zeros of a padded batch do not; use the flat steps.)"
            raise invalid("observations of the game", "observations", observations[~known][0].tolist(), hint)
        return same.to(torch.int8).argmax(dim=-1), known


class _ByNumber(nn.Module):
    """Observations [T, 1] that are the numbers of information sets → these numbers [T], and that all are known, [T]."""

    def find(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        infosets = observations.squeeze(-1).long()
        return infosets, torch.ones_like(infosets, dtype=torch.bool)


@final
class TabularPolicy(nn.Module):
    """One logit for each information set and action, float64: no two information sets share anything.

    Args:
        game: the game, or its tree where that is at hand.
        probabilities: the policy to begin with, ``{observation: probabilities}``; uniform by default.

    Attributes:
        logits: [I, A] the parameters, logarithms of the probabilities; 0 and never used where an action is illegal.

    >>> from gradcheck.tree.games.robot import robot, robot_policy
    >>> policy = TabularPolicy(robot(), robot_policy())
    >>> policy(torch.tensor([[2.0, 1.0]])).softmax(dim=-1)
    tensor([[0.7000, 0.3000]], dtype=torch.float64, grad_fn=<SoftmaxBackward0>)
    """

    legal_actions: Tensor

    def __init__(self, game: Game | GameTree, probabilities: PolicyTable | None = None) -> None:
        super().__init__()
        tree = unroll(game)
        self.lookup = _Lookup(tree)
        self.register_buffer("legal_actions", torch.as_tensor(tree.legal_actions))
        logits = given_probabilities(tree, probabilities).log()
        self.logits = nn.Parameter(logits.masked_fill(~self.legal_actions, 0.0))

    def forward(self, observations: Tensor) -> Tensor:
        """Observations [T, D] → logits [T, A], -inf where an action is illegal."""
        infosets, known = self.lookup.find(observations)
        logits = self.logits[infosets].masked_fill(~self.legal_actions[infosets], -torch.inf)
        return logits.masked_fill(~known.unsqueeze(-1), torch.nan)


@final
class LinearPolicy(nn.Module):
    """A single linear layer from observations to logits, float64: information sets share all parameters.

    Args:
        game: the game, or its tree where that is at hand.
        probabilities: the policy to begin with, ``{observation: probabilities}``; the layer is solved for it.
            Uniform by default.

    Raises:
        InvalidArgument: if no linear layer gives these probabilities.
    """

    def __init__(self, game: Game | GameTree, probabilities: PolicyTable | None = None) -> None:
        super().__init__()
        tree = unroll(game)
        features = torch.as_tensor(observation_features(tree))
        wanted = given_probabilities(tree, probabilities).log()
        if not wanted.isfinite().all():
            infoset, action = (~wanted.isfinite()).nonzero()[0].tolist()
            name = f"the probability of action {action} at {tree.observations[infoset]!r}"
            hint = "It is illegal or never taken; a linear layer gives every action a probability above 0."
            raise invalid("a probability above 0", name, 0, hint)
        wanted = wanted - wanted.mean(dim=1, keepdim=True)  # logits matter up to a constant; this one keeps them small
        inputs = torch.cat([features, torch.ones(len(features), 1, dtype=torch.float64)], dim=1)
        solution = torch.linalg.lstsq(inputs, wanted, driver="gelsd").solution
        if not torch.allclose(inputs @ solution, wanted, rtol=0, atol=1e-9):  # a solution is exact to rounding
            hint = "A linear layer cannot give each of these observations its own probabilities."
            raise invalid(
                "probabilities whose logits are linear in the observation", "probabilities", probabilities, hint
            )
        self.layer = nn.Linear(features.shape[1], wanted.shape[1], dtype=torch.float64)
        with torch.no_grad():
            self.layer.weight.copy_(solution[:-1].T)
            self.layer.bias.copy_(solution[-1])

    def forward(self, observations: Tensor) -> Tensor:
        """Observations [T, D] → logits [T, A]."""
        return self.layer(observations)


@final
class ProbabilityTable(nn.Module):
    """The action probabilities x themselves as parameters, free of any constraint.

    With it, the gradient of a reward-to-go loss estimates ∂R/∂x_i. Do not compare anything else there: off the simplex
    the score 1/x does not have mean zero, so total returns and baselines, though right in a policy's parameters, are
    shifted here.

    Args:
        game: the game, or its tree where that is at hand.
        probabilities: ``{observation: probabilities}``, or x itself [V]; uniform by default.
        by_number: whether an observation is the number of its information set, as in ``sample_in_chunks``. Nothing has
            to be searched for then: games with thousands of information sets take no longer than small ones.

    Attributes:
        x: [V] the parameters x0, x1, …, in the order of the tree's variables.
    """

    variable_of: Tensor

    def __init__(
        self,
        game: Game | GameTree,
        probabilities: PolicyTable | Floats | None = None,
        *,
        by_number: bool = False,
    ) -> None:
        super().__init__()
        tree = unroll(game)
        self.lookup = _ByNumber() if by_number else _Lookup(tree)
        self.register_buffer("variable_of", torch.as_tensor(tree.variable_of))
        if isinstance(probabilities, np.ndarray):
            x = torch.tensor(probabilities, dtype=torch.float64)
        else:
            x = given_probabilities(tree, probabilities)[torch.as_tensor(tree.legal_actions)]
        self.x = nn.Parameter(x)

    def forward(self, observations: Tensor) -> FreeProbabilities:
        """Observations [T, D] → probabilities [T, A], 0 where an action is illegal."""
        infosets, known = self.lookup.find(observations)
        variables = self.variable_of[infosets]
        probs = self.x[variables].masked_fill(variables < 0, 0.0)
        return FreeProbabilities(probs.masked_fill(~known.unsqueeze(-1), torch.nan))
