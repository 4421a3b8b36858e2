"""The expected gradients of many mistakes in one setting, quickly: what they have in common is computed once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import torch
from torch import Tensor

from gradcheck.causes.cause import Cause, Term
from gradcheck.causes.parts import Surrogate
from gradcheck.checking.case import Case
from gradcheck.estimators.distributions import action_log_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.tree.errors import InvalidArgument

_ALL = 1_000_000  # batches in one portion: they are few


@final
class Hypotheses:
    """All batches of a setting at one size, and what the mistakes make of them.

    A mistake that is a sum of score · weight has the expected gradient Σ_b P(b) Σ_t a_t w_t ∇score_t: the
    weights w, the factors a of the average and the gradients of the log-probabilities are each computed once.

    Args:
        case: the game, the policy and the condition.
        size: of the batches: small, for all of them are listed.
        ordered: whether as sequences.
    """

    def __init__(self, case: Case, size: int, *, ordered: bool) -> None:
        self._case, self._weighted = case, case.collector.batches(size, ordered=ordered)
        self._parameters = case.parameters
        self._alike = [some for weighted in self._weighted for some in weighted.alike(_ALL)]
        self._batches = [some[number] for some in self._alike for number in range(len(some))]
        self._probabilities = [p for some in self._alike for p in some.batches.weights.tolist()]
        self._weights: dict[int, list[Tensor] | None] = {}
        self._averages: dict[int, list[Tensor] | None] = {}
        self._kept: list[object] = []  # so that no identity is used twice

    def expected(self, cause: Cause | Term) -> Tensor | None:
        """[P] minus the expected gradient of a mistake; None where it is not a number on some batch."""
        try:
            loss = cause.loss
            found = self._of_parts(loss) if isinstance(loss, Surrogate) else self._of_values(loss)
        except (InvalidArgument, IndexError, RuntimeError, ValueError):  # not defined on batches as small as these
            return None
        return found if found is not None and found.isfinite().all() else None

    def _of_values(self, loss: Loss) -> Tensor:
        """The gradient of the expected value is the expected gradient: one backward pass for all batches."""
        policy = self._case.policy
        values = [p * loss(policy, batch) for p, batch in zip(self._probabilities, self._batches, strict=True)]
        return -self._gradient(torch.stack(values).sum())

    def _of_parts(self, loss: Surrogate) -> Tensor | None:
        weights = self._once(self._weights, loss.weights, self._weigh)
        averages = self._once(self._averages, loss.average, self._average)
        if weights is None or averages is None:
            return None
        factors = torch.cat([p * a * w for p, a, w in zip(self._probabilities, averages, weights, strict=True)])
        if loss.score is action_log_probs:
            return -loss.sign * (factors @ self._log_probs)
        policy = self._case.policy
        scores = torch.cat([loss.score(policy, batch) for batch in self._batches])
        return -loss.sign * self._gradient((factors.to(scores.dtype) * scores).sum())

    def _gradient(self, value: Tensor) -> Tensor:
        parameters = list(self._parameters.values())
        found = torch.autograd.grad(value, parameters, allow_unused=True, materialize_grads=True)
        return torch.cat([gradient.reshape(-1).double().cpu() for gradient in found])

    def _once(self, known: dict[int, Any], part: Any, work: Callable[[Any], list[Tensor]]) -> list[Tensor] | None:
        if id(part) not in known:
            self._kept.append(part)
            try:
                known[id(part)] = work(part)
            except (InvalidArgument, IndexError, RuntimeError, ValueError):
                known[id(part)] = None
        return known[id(part)]

    def _weigh(self, weights: Callable[[Episodes], Tensor]) -> list[Tensor]:
        with torch.no_grad():
            return [weights(batch).double() for batch in self._batches]

    def _average(self, average: Callable[[Tensor, Episodes], Tensor]) -> list[Tensor]:
        """The factor with which each step's term counts; averages are linear."""
        found = []
        for batch in self._batches:
            terms = torch.zeros(len(batch.rewards), dtype=torch.float64, requires_grad=True)
            found.append(torch.autograd.grad(average(terms, batch), terms)[0])
        return found

    @cached_property
    def _log_probs(self) -> Tensor:
        """[T of all batches, P] the gradient of each step's log-probability, which is its own in whatever batch."""
        pool = self._weighted[0].pool
        every = _jacobian(action_log_probs(self._case.policy, pool), list(self._parameters.values()))
        first = pool.lengths.cumsum(0) - pool.lengths
        found = []
        for some in self._alike:
            steps = first[torch.as_tensor(some.batches.chosen)][:, some.common["episode_index"]]
            found.append(every[(steps + some.common["time_steps"]).reshape(-1)])
        return torch.cat(found)


def _jacobian(values: Tensor, parameters: list[Any]) -> Tensor:
    """[T, P] by one backward pass for each value."""
    rows = []
    for value in values:
        gradients = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        rows.append(torch.cat([gradient.reshape(-1).double() for gradient in gradients]))
    return torch.stack(rows)
