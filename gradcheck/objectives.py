r"""What else than the return a loss may be meant to climb, and the exact gradient of its expectation.

An objective says what an episode is worth: ``objective(policy, episode)`` → scalar tensor, ``episode`` being a batch of
one. It may depend on the policy itself, as an entropy bonus does. With P_θ(τ) the probability of an episode τ,

.. math:: J(\theta) = \sum_\tau P_\theta(\tau) f_\theta(\tau), \quad
    \nabla J = \sum_\tau P_\theta(\tau) (\nabla f_\theta(\tau) + f_\theta(\tau) \nabla \log P_\theta(\tau))

A bonus that is only added to the loss has the first term of these alone: it is blind to the states it leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, final, runtime_checkable

import torch
from torch import Tensor, nn

from gradcheck.estimators.distributions import Policy, action_distribution, action_log_probs, as_distribution, ask
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.episodes import Episodes, discount_factors, sum_per_episode
from gradcheck.estimators.gradients import named_gradients, parameters_of, require_gradient
from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.rationals import number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.unroll import unroll

#: ``objective(policy, episode)``: what one episode is worth, a scalar tensor.
Objective: TypeAlias = Callable[[Any, Episodes], Tensor]

_MOST_EPISODES = 100_000


@runtime_checkable
class _ValuesMany(Protocol):
    """An objective that values many episodes at once, so that the policy is asked once."""

    def of_each(self, policy: Policy, episodes: Episodes) -> Tensor:
        """[N] what each episode is worth."""
        ...


def true_gradient(objective: Objective, tree: Game | GameTree, policy: nn.Module) -> tuple[float, dict[str, Tensor]]:
    """Compute J and its gradient in the policy's parameters, exactly: every episode is listed with its probability.

    Episodes of probability 0 are left out.

    Args:
        objective: what an episode is worth.
        tree: the game, or its tree where that is at hand.
        policy: maps observations [T, D] to logits [T, A] or to a ``Categorical``.

    Returns:
        J, and ``{parameter name: gradient}`` for the parameters that require one; zero where J does not depend on it.

    Raises:
        InvalidArgument: if the objective does not return a finite scalar tensor, the policy has no parameters, or there
            are too many episodes to list.

    >>> from gradcheck import TabularPolicy, games
    >>> game = games.bandit([0, 1])
    >>> J, gradient = true_gradient(entropy_regularised(1), game, TabularPolicy(game))
    >>> round(J, 4), gradient["logits"]
    (1.1931, tensor([[-0.2500,  0.2500]], dtype=torch.float64))
    """
    if not callable(objective):
        raise invalid("a function objective(policy, episode)", "objective", objective)
    parameters = parameters_of(policy, hint="Only a module has parameters.")
    tree = unroll(tree)
    if tree.num_history_edges > _MOST_EPISODES:
        hint = f"The episodes branch {tree.num_history_edges:,} times; each of them is valued on its own."
        raise invalid(f"a game of at most {_MOST_EPISODES:,} branches", "game", tree.game, hint)
    possible = all_episodes(tree, policy)
    episodes = possible.episodes
    log_probs = sum_per_episode(action_log_probs(policy, episodes).double(), episodes)
    values = _values(objective, policy, episodes)
    weights = torch.as_tensor(possible.probabilities, device=log_probs.device)
    surrogate = require_gradient((weights * (values + values.detach() * log_probs)).sum(), policy)
    return float(weights @ values.detach()), named_gradients(surrogate, parameters)


def _values(objective: Objective, policy: nn.Module, episodes: Episodes) -> Tensor:
    """[N] float64 what each episode is worth."""
    if isinstance(objective, _ValuesMany):
        values = objective.of_each(policy, episodes).double()
    else:
        each = (objective(policy, episodes.select([k])) for k in range(episodes.num_episodes))
        values = torch.stack([_scalar(value).double() for value in each])
    if not values.isfinite().all():
        worst = int((~values.isfinite()).nonzero()[0])
        hint = f"It is what {_described(episodes, worst)} was valued at."
        raise invalid("a finite number", "objective(policy, episode)", values[worst].item(), hint)
    return values


def _scalar(value: object) -> Tensor:
    name = "objective(policy, episode)"
    if not isinstance(value, Tensor):
        raise invalid("a scalar tensor", name, value)
    if value.numel() != 1:
        hint = "An episode has one value: sum over its steps."
        raise invalid("a scalar tensor", f"the shape of {name}", tuple(value.shape), hint)
    if not value.is_floating_point():
        raise invalid("a tensor of a floating-point dtype", f"the dtype of {name}", value.dtype)
    return value.reshape(())


def _described(episodes: Episodes, which: int) -> str:
    one = episodes.select([which])
    return f"the episode with the actions {one.actions.tolist()} and the rewards {one.rewards.tolist()}"


@final
class DiscountedReturn:
    """The discounted return as an objective: Σ_t γ^t r_t, with γ of the game."""

    def of_each(self, policy: Policy, episodes: Episodes) -> Tensor:  # noqa: ARG002 - what others depend on
        """[N] of each episode."""
        return _discounted(episodes.rewards, episodes)

    def __call__(self, policy: Policy, episode: Episodes) -> Tensor:
        """Value one episode."""
        return _only_one(self.of_each(policy, episode))


@final
@dataclass(frozen=True)
class Regularised:
    """An objective that values the policy beside the return: Σ_t γ^t (r_t - β D(π(·|o_t))).

    D is the divergence from a reference policy, or minus the entropy.

    Attributes:
        beta: β.
        reference: observations [T, D] → logits [T, A] of the policy to stay close to, which is held fixed; None for the
            uniform policy over the legal actions.
        entropy: whether D is minus the entropy; it then differs from the divergence from uniform by log A.
    """

    beta: float
    reference: Policy | None = None
    entropy: bool = False

    def of_each(self, policy: Policy, episodes: Episodes) -> Tensor:
        """[N] of each episode."""
        probs = action_distribution(policy, episodes.observations, episodes.legal_actions).probs
        # 0 log 0 = 0, and so is its derivative, which autograd would make NaN.
        never = probs == 0
        terms = probs * (probs.masked_fill(never, 1).log() - self._log_reference(episodes).masked_fill(never, 0))
        return _discounted(episodes.rewards - self.beta * terms.sum(dim=-1), episodes)

    def __call__(self, policy: Policy, episode: Episodes) -> Tensor:
        """Value one episode."""
        return _only_one(self.of_each(policy, episode))

    def _log_reference(self, episodes: Episodes) -> Tensor:
        legal = episodes.legal_actions
        if self.entropy:
            return torch.zeros_like(legal, dtype=episodes.rewards.dtype)
        if self.reference is None:
            return -legal.sum(dim=-1, keepdim=True).to(episodes.rewards.dtype).log().expand(legal.shape)
        with torch.no_grad():
            return as_distribution(ask(self.reference, episodes.observations), legal).probs.log()


#: Σ_t γ^t r_t, with γ of the game: what a loss climbs unless it says otherwise.
discounted_return = DiscountedReturn()


def entropy_regularised(beta: NumberLike) -> Regularised:
    """Make the objective of maximum-entropy RL, the return with a bonus for entropy: Σ_t γ^t (r_t + β H(π(·|o_t))).

    Args:
        beta: β.

    Raises:
        InvalidArgument: if it is not a finite number.
    """
    return Regularised(float(number(beta, "beta")), entropy=True)


def kl_regularised(beta: NumberLike, reference: Policy | None = None) -> Regularised:
    """Make the objective Σ_t γ^t (r_t - β KL(π(·|o_t) ‖ reference(·|o_t))): leaving a reference policy costs return.

    Args:
        beta: β.
        reference: observations [T, D] → logits [T, A], held fixed; by default uniform over the legal actions.

    Raises:
        InvalidArgument: if ``beta`` is not a finite number, or the reference is no policy.
    """
    if reference is not None and not callable(reference):
        hint = "TabularPolicy(game) is one, uniform at first."
        raise invalid("an nn.Module or a callable, observations → logits", "reference", reference, hint)
    return Regularised(float(number(beta, "beta")), reference)


def _discounted(by_step: Tensor, episodes: Episodes) -> Tensor:
    return sum_per_episode(by_step * discount_factors(episodes), episodes)


def _only_one(values: Tensor) -> Tensor:
    if len(values) != 1:
        hint = "An objective values one episode; its method of_each values many."
        raise invalid("a batch of one episode", "the number of episodes", len(values), hint)
    return values[0]
