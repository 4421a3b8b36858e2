"""What the components of losses are at every step of every batch of a case: factors, and gradients of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from gradcheck.causes.component import Form, Score
from gradcheck.causes.parts import Surrogate, logits_of, weigh
from gradcheck.estimators.averages import Average
from gradcheck.estimators.batches import WeightedBatches
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.tree.errors import InvalidArgument

_ALL = 1_000_000  # batches in one portion: they are few
#: What a mistake raises on batches that are too small for it.
UNDEFINED = (InvalidArgument, IndexError, RuntimeError, ValueError)


@final
class ComponentValues:
    """All batches of a case at one size, one after another, and what components are at each of their S steps.

    What depends on an episode alone is computed once for each different episode.

    Args:
        policy: that plays.
        parameters: that gradients are taken in.
        weighted: all batches of one size, with their probabilities.
    """

    def __init__(self, policy: nn.Module, parameters: list[nn.Parameter], weighted: Sequence[WeightedBatches]) -> None:
        self._policy, self._parameters, self._pool = policy, parameters, weighted[0].pool
        alike = [some for one in weighted for some in one.alike(_ALL)]
        self._batches = [some[number] for some in alike for number in range(len(some))]
        chances = [float(p) for some in alike for p in some.batches.weights]
        lengths = torch.tensor([len(batch.rewards) for batch in self._batches])
        self._each = torch.tensor(chances, dtype=torch.float64)
        self.probabilities = self._each.repeat_interleave(lengths)
        first = self._pool.lengths.cumsum(0) - self._pool.lengths
        self._step_of_pool = torch.cat(
            [
                (
                    first[torch.as_tensor(some.batches.chosen)][:, some.common["episode_index"]]
                    + some.common["time_steps"]
                )
                .reshape(-1)
                .cpu()
                for some in alike
            ]
        )
        self._nothing = torch.full((len(self.probabilities),), torch.nan, dtype=torch.float64)
        self._scores: dict[int, Tensor] = {}
        self._averages: dict[int, Tensor] = {}
        self._width = sum(parameter.numel() for parameter in parameters)

    def score(self, form: Form) -> Tensor:
        """[S, P] the gradient of the score at each step."""
        assert form.score is not None
        key = id(form.score)  # of the catalogue: it lives as long as the module
        if key not in self._scores:
            self._scores[key] = self._score(form.score, across=form.across_episodes)
        return self._scores[key]

    def _score(self, score: Score, *, across: bool) -> Tensor:
        try:
            if across:
                return self._across(score)
            return self._jacobian(score(self._policy, self._pool))[self._step_of_pool]
        except UNDEFINED:  # not on batches as small as these
            return self._nothing[:, None].expand(-1, self._width)

    def weights(self, form: Form) -> Tensor:
        """[S]."""
        function = form.weights
        assert function is not None
        try:
            with torch.no_grad():
                if form.across_episodes:
                    return torch.cat([weigh(function, self._policy, batch).double().cpu() for batch in self._batches])
                return weigh(function, self._policy, self._pool).double().cpu()[self._step_of_pool]
        except UNDEFINED:
            return self._nothing

    def steps(self, form: Form) -> Tensor:
        """[S] how often each step counts."""
        if form.steps is None:
            return torch.ones_like(self._nothing)
        return torch.cat([form.steps(batch).double().cpu() for batch in self._batches])

    def average(self, form: Form) -> Tensor:
        """[S] the factor with which each step's term counts; averages are linear."""
        assert form.average is not None
        key = id(form.average)
        if key not in self._averages:
            self._averages[key] = self._average(form.average)
        return self._averages[key]

    def _average(self, average: Average) -> Tensor:
        found = []
        for batch in self._batches:
            terms = torch.zeros(len(batch.rewards), dtype=torch.float64, requires_grad=True)
            found.append(torch.autograd.grad(average(terms, batch), terms)[0])
        return torch.cat(found)

    def loss(self, loss: Loss) -> Tensor:
        """[P] minus the expected gradient: that of the expected value, by one backward pass for all batches."""
        if isinstance(loss, Surrogate) and loss.steps is None:  # a term, whose score depends on its own step alone
            form = Form(score=loss.score, weights=loss.weights, average=loss.average)
            return -loss.sign * (self.probabilities * self.average(form) * self.weights(form)) @ self.score(form)
        try:
            values = torch.stack([loss(self._policy, batch) for batch in self._batches])
            return -self._jacobian((values * self._each.to(values.dtype)).sum()[None])[0]
        except UNDEFINED:
            return torch.full((self._width,), torch.nan, dtype=torch.float64)

    def _across(self, score: Score) -> Tensor:
        """[S, P] by the chain rule over the policy's logits: t backward passes do for the t-th steps of all batches."""
        asked = [_Recorded(self._policy) for _ in self._batches]
        values = [score(policy, batch) for policy, batch in zip(asked, self._batches, strict=True)]
        leaves = [leaf for policy in asked for leaf in policy.logits]
        rows = torch.tensor([number for number, policy in enumerate(asked) for leaf in policy.logits for _ in leaf])
        seen, which = torch.cat([one for policy in asked for one in policy.observations]).unique(
            dim=0, return_inverse=True
        )
        logits = logits_of(self._policy, seen)
        each = self._jacobian(logits.reshape(-1)).reshape(*logits.shape, -1)[which]
        lengths = torch.tensor([len(value) for value in values])
        first = lengths.cumsum(0) - lengths
        found = torch.zeros(int(lengths.sum()), self._width, dtype=torch.float64)
        for t in range(int(lengths.max())):
            total = torch.stack([value[t] for value in values if t < len(value)]).sum()
            gradients = torch.autograd.grad(total, leaves, retain_graph=True, allow_unused=True, materialize_grads=True)
            terms = torch.einsum("na,nap->np", torch.cat(gradients).double().cpu(), each)
            has = t < lengths
            by_batch = torch.zeros(len(values), self._width, dtype=torch.float64).index_add_(0, rows, terms)
            found[first[has] + t] = by_batch[has]
        return found

    def _jacobian(self, values: Tensor) -> Tensor:
        """[n, P] the gradients of n values; one by one, because torch imports its compiler to take them at once."""
        rows = (
            torch.autograd.grad(value, self._parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
            for value in values
        )
        return torch.stack([torch.cat([gradient.reshape(-1) for gradient in row]).double().cpu() for row in rows])


@final
class _Recorded:
    """A policy that keeps what it was asked, and whose logits are leaves of the graph of what is made of them."""

    def __init__(self, policy: Any) -> None:
        self._policy = policy
        self.observations: list[Tensor] = []
        self.logits: list[Tensor] = []

    def __call__(self, observations: Tensor) -> Tensor:
        with torch.no_grad():
            logits = logits_of(self._policy, observations)
        self.observations.append(observations)
        self.logits.append(logits.detach().requires_grad_())
        return self.logits[-1]
