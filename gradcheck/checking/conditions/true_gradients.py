"""Gradients that count as true: of the expected return, of an objective, of surrogates on the very batches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from gradcheck.checking.case import Case
from gradcheck.checking.estimate import TrueGradient
from gradcheck.checking.expectation.enumerated import expectation
from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.failure import loss_failed
from gradcheck.estimators.distributions import action_log_probs
from gradcheck.estimators.episodes import Episodes, discount_factors
from gradcheck.estimators.gradients import flattened
from gradcheck.exact import policy_gradient
from gradcheck.objectives import true_gradient
from gradcheck.tree.user_code import user_code

Loss = Callable[[Any, Episodes], Tensor]

STEPWISE = "the surrogate whose steps are importance-weighted one by one"


def of_complete_episodes(case: Case) -> TrueGradient:
    """∇J at the parameters of the policy, whoever samples; or that of the stepwise surrogate where it is asked for."""
    if case.off_policy and case.reference == "stepwise":
        return of_the_stepwise_surrogate(case)
    return of_the_objective(case)


def of_the_objective(case: Case) -> TrueGradient:
    """∇J at the parameters of the policy, J being the expected discounted return unless the case has an objective."""
    with user_code(loss_failed):  # the objective is a user's, and so may the policy be
        if case.objective is not None:
            _, gradients = true_gradient(case.objective, case.tree, case.policy)
            return TrueGradient("the objective", _flat(gradients, case))
        return of_the_return(case)


def of_the_return(case: Case) -> TrueGradient:
    """∇J, J being the expected discounted return, whatever the objective of the case."""
    where = " at the moved parameters" if case.condition.moves_parameters else ""
    return TrueGradient(f"the expected return{where}", _flat(policy_gradient(case.tree, case.policy), case))


def of_the_stepwise_surrogate(case: Case) -> TrueGradient:
    """E[Σ_t ratio_t γ^t G_t], the surrogate of PPO and TRPO before clipping, with ratios of single steps."""
    every = case.collector.all_episodes
    chances = torch.as_tensor(every.probabilities)[every.episodes.episode_index.cpu()]

    def surrogate(policy: Any, episodes: Episodes) -> Tensor:
        terms = _ratios(policy, episodes) * discount_factors(episodes) * episodes.future_returns
        return -(terms.double().cpu() * chances).sum()

    gradient = LossGradient(surrogate, case.policy, case.parameters, where=case.where)
    return TrueGradient(STEPWISE, gradient.of(every.episodes))


def on_the_same_buffers(case: Case, size: int) -> tuple[TrueGradient, ...]:
    """The log-probability loss with exact values at the cuts, on buffers of ``size`` steps: summed, or averaged.

    Where another policy samples, each episode is weighed with the ratio of its probabilities, or each step with its
    own. With the former the sum over the buffer is that of ∇J over as many steps as each episode has room for.
    """
    stepwise = case.reference == "stepwise"
    weights = (_none, _of_each_step if stepwise else _of_each_episode)[case.off_policy]
    over_steps = partial(_over_the_buffer, weights=weights, discounted=case.condition.is_discounted)

    def over_episodes(policy: Any, episodes: Episodes) -> Tensor:
        return over_steps(policy, episodes) / episodes.num_episodes

    words = "the log-probability loss with the true values, summed over the buffer's steps"
    divided = "the same, divided by the number of the buffer's episodes"
    if case.off_policy:
        each = f"with each {'step' if stepwise else 'episode'} importance-weighted"
        words, divided = f"{words}, {each}", f"{words}, divided by the number of its episodes, {each}"
    return (
        TrueGradient(words, _expected(case, size, over_steps)),
        TrueGradient(divided, _expected(case, size, over_episodes)),
    )


def _flat(gradients: dict[str, Tensor], case: Case) -> Tensor:
    return flattened({name: gradients[name] for name in case.parameters})


def _expected(case: Case, size: int, loss: Loss) -> Tensor:
    gradient = LossGradient(loss, case.policy, case.parameters, where=case.where)
    return expectation(gradient, case.collector.batches(size, ordered=False)).mean


def _over_the_buffer(policy: Any, episodes: Episodes, *, weights: Loss, discounted: bool) -> Tensor:
    factors = discount_factors(episodes) if discounted else 1.0
    scores = weights(policy, episodes).detach() * action_log_probs(policy, episodes)
    return -(scores * factors * episodes.future_returns).sum()


def _ratios(policy: Any, episodes: Episodes) -> Tensor:
    return (action_log_probs(policy, episodes) - episodes.log_probs).exp()


def _none(policy: Any, episodes: Episodes) -> Tensor:
    del policy
    return torch.ones_like(episodes.log_probs)


def _of_each_step(policy: Any, episodes: Episodes) -> Tensor:
    """[T] the ratio of each step."""
    return _ratios(policy, episodes)


def _of_each_episode(policy: Any, episodes: Episodes) -> Tensor:
    """[T] the product of the ratios of the step's episode, as far as it is in the buffer."""
    index, logs = episodes.episode_index, action_log_probs(policy, episodes) - episodes.log_probs
    return logs.new_zeros(episodes.num_episodes).index_add(0, index, logs).exp()[index]
