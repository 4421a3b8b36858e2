"""Gradients that count as true: of the expected return, of an objective, of surrogates on the very batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def of_the_objective(case: Case) -> TrueGradient:
    """∇J at the parameters of the policy, J being the expected discounted return unless the case has an objective."""
    with user_code(loss_failed):  # the objective is a user's, and so may the policy be
        if case.objective is not None:
            _, gradients = true_gradient(case.objective, case.tree, case.policy)
            return TrueGradient("the objective", _flat(gradients, case))
        return of_the_return(case)


def of_the_return(case: Case) -> TrueGradient:
    """∇J, J being the expected discounted return, whatever the objective of the case."""
    return TrueGradient("the expected return", _flat(policy_gradient(case.tree, case.policy), case))


def of_return_or_surrogate(case: Case) -> tuple[TrueGradient, ...]:
    """∇J; and where another policy samples, the gradient of the stepwise surrogate, which counts as well."""
    truth = of_the_objective(case)
    if case.behaviour is None or case.objective is not None:
        return (truth,)
    return (truth, of_the_stepwise_surrogate(case))


def of_the_stepwise_surrogate(case: Case) -> TrueGradient:
    """E[Σ_t ratio_t γ^t G_t], the surrogate of PPO and TRPO before clipping, with ratios of single steps."""
    words = "the surrogate whose steps are importance-weighted one by one"
    return TrueGradient(words, _expected(case, 1, _weighted_step_by_step))


def on_the_same_buffers(case: Case, size: int) -> tuple[TrueGradient, ...]:
    """The log-probability loss with exact values at the cuts, on buffers of ``size`` steps: summed, or averaged."""
    return (
        TrueGradient(
            "the log-probability loss with the true values, summed over the buffer's steps",
            _expected(case, size, _over_the_buffer),
        ),
        TrueGradient(
            "the same, divided by the number of the buffer's episodes",
            _expected(case, size, _over_its_episodes),
        ),
    )


def _flat(gradients: dict[str, Tensor], case: Case) -> Tensor:
    return flattened({name: gradients[name] for name in case.parameters})


def _expected(case: Case, size: int, loss: Loss) -> Tensor:
    gradient = LossGradient(loss, case.policy, case.parameters, where=case.where)
    return expectation(gradient, case.collector.batches(size, ordered=False)).mean


def _over_the_buffer(policy: Any, episodes: Episodes) -> Tensor:
    return -(action_log_probs(policy, episodes) * episodes.future_returns).sum()


def _over_its_episodes(policy: Any, episodes: Episodes) -> Tensor:
    return _over_the_buffer(policy, episodes) / episodes.num_episodes


def _weighted_step_by_step(policy: Any, episodes: Episodes) -> Tensor:
    ratio = (action_log_probs(policy, episodes) - episodes.log_probs).exp()
    return -(ratio * discount_factors(episodes) * episodes.future_returns).sum()
