"""The expected gradients of all hypotheses on one case, as products of matrices: weights × averages × scores."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations, product
from typing import Any, final

import torch
from torch import Tensor, nn

from gradcheck.causes.catalogue import right_averages, right_scores, right_weights
from gradcheck.causes.component import Component, Feature, Form
from gradcheck.checking.diagnosis.component_values import ComponentValues
from gradcheck.checking.diagnosis.hypothesis import Part, parts_asked
from gradcheck.checking.tolerances import PARALLEL
from gradcheck.estimators.batches import WeightedBatches


@final
@dataclass(frozen=True)
class Vocabulary:
    """The forms that hypotheses are made of under some features, place by place, the right ones first.

    Attributes:
        parts: the replacements that are asked about and that factor.
        own: those with a loss of their own.
        terms: what may be added.
        forms: of each place, those that differ there; that of the steps begins with one that counts all.
        right: how many of each are right.
        places: [parts] of each part, its number in ``forms``, place by place; None where the right one stays.
    """

    parts: tuple[Part, ...]
    own: tuple[Part, ...]
    terms: tuple[Part, ...]
    forms: tuple[tuple[Form, ...], ...]
    right: tuple[int, ...]
    places: tuple[tuple[int | None, ...], ...]


@cache
def vocabulary_of(features: frozenset[Feature]) -> Vocabulary:
    """What is asked about under these features."""
    asked = [part for part in parts_asked(features) if part.form.takes != frozenset({Component.SIGN})]
    parts = tuple(part for part in asked if part.form.loss is None)
    forms = [[*right_scores(features)], [*right_weights()], [Form()], [*right_averages(features)]]
    right = tuple(map(len, forms))
    places = []
    for part in parts:
        numbers: list[int | None] = []
        for component, some in zip(_PLACES, forms, strict=True):
            numbers.append(len(some) if component in part.form.takes else None)
            if component in part.form.takes:
                some.append(part.form)
        places.append(tuple(numbers))
    return Vocabulary(
        parts,
        tuple(part for part in asked if part.form.loss is not None),
        parts_asked(features, terms=True),
        tuple(map(tuple, forms)),
        right,
        tuple(places),
    )


_PLACES = (Component.SCORE, Component.WEIGHTS, Component.STEPS, Component.AVERAGE)


@final
@dataclass(frozen=True)
class Layout:
    """Which forms are multiplied with which, in all hypotheses with the same number of parts.

    A row stands for one hypothesis without terms: Σ_b P(b) Σ_t a_t s_t w_t ∇score_t. Rows are sorted by their scores.

    Attributes:
        vocabulary: what rows are made of.
        factors: [F, 3] numbers of weights, steps and average: each combination that comes with some score.
        rows: [R, 4] the score, the combination, and the numbers of one or two parts, -1 where there is none.
    """

    vocabulary: Vocabulary
    factors: Tensor
    rows: Tensor

    def replacements(self, row: int) -> tuple[Part, ...]:
        """The parts of a row."""
        return tuple(self.vocabulary.parts[number] for number in self.rows[row, 2:].tolist() if number >= 0)

    def right(self, row: int) -> tuple[Form, ...]:
        """What stands where nothing is replaced, and what would stand where something is."""
        score, factor = self.rows[row, :2].tolist()
        numbers = (score, *self.factors[factor].tolist())
        listed = zip(numbers, self.vocabulary.forms, self.vocabulary.right, strict=True)
        return tuple(forms[number if number < right else 0] for number, forms, right in listed)


@cache
def layout_of(features: frozenset[Feature], num_parts: int) -> Layout:
    """All hypotheses with no, one or two replacements, without those that are a loss of their own."""
    vocabulary = vocabulary_of(features)
    choices = [
        tuple(
            range(right) if number is None else (number,)
            for number, right in zip(numbers, vocabulary.right, strict=True)
        )
        for numbers in ((None,) * len(_PLACES), *vocabulary.places)
    ]
    everything, choices = choices[0], choices[1:]
    factors: dict[tuple[int, ...], int] = {}
    rows: list[tuple[int, int, int, int]] = []

    def enter(chosen: Sequence[Iterable[int]], first: int, second: int) -> None:
        for score, *factor in product(*chosen):
            rows.append((score, factors.setdefault(tuple(factor), len(factors)), first, second))

    if num_parts == 0:
        enter(everything, -1, -1)
    elif num_parts == 1:
        for number, chosen in enumerate(choices):
            enter(chosen, number, -1)
    else:
        takes = [part.form.takes for part in vocabulary.parts]
        replaced = [tuple(number is not None for number in numbers) for numbers in vocabulary.places]
        for one, other in combinations(range(len(takes)), 2):
            if not takes[one] & takes[other]:
                enter(
                    [a if r else b for a, b, r in zip(choices[one], choices[other], replaced[one], strict=True)],
                    one,
                    other,
                )
    rows.sort(key=lambda row: row[0])
    return Layout(vocabulary, torch.tensor(list(factors)), torch.tensor(rows))


@final
class MistakeTable:
    """The expected gradients of the hypotheses on one case at one batch size, as far as they were asked for.

    Args:
        policy: that plays.
        parameters: that gradients are taken in.
        batches: all of one size, with their probabilities.
        features: of the case.
    """

    def __init__(
        self,
        policy: nn.Module,
        parameters: Sequence[nn.Parameter],
        batches: Sequence[WeightedBatches],
        features: frozenset[Feature],
    ) -> None:
        self.features, self._case = features, ComponentValues(policy, list(parameters), batches)
        self._rows: dict[int, Tensor] = {}
        self.memo: dict[Hashable, Any] = {}  # what others work out of this and other tables

    def rows(self, num_parts: int) -> Tensor:
        """[R, P] minus the expected gradient of each row of the layout, NaN where it is none."""
        if num_parts not in self._rows:
            layout = layout_of(self.features, num_parts)
            of_weights, of_steps, of_average = layout.factors.T
            scores, weights, steps, averages = self._components
            factors = weights[of_weights] * steps[of_steps] * averages[of_average] * self._case.probabilities
            counts = torch.bincount(layout.rows[:, 0], minlength=len(scores)).tolist()
            chosen = layout.rows[:, 1].split(counts)
            found = [factors[some] @ score for some, score in zip(chosen, scores, strict=True) if len(some)]
            self._rows[num_parts] = torch.cat(found)
        return self._rows[num_parts]

    @cached_property
    def log_probs(self) -> Tensor:
        """[S, P] the gradients of the right scores at all steps."""
        right = vocabulary_of(self.features).right[0]
        return self._components[0][:right].flatten(0, 1)

    @cached_property
    def own(self) -> Tensor:
        """[K, P] the same of the mistakes with a loss of their own."""
        return self._losses(vocabulary_of(self.features).own)

    @cached_property
    def terms(self) -> Tensor:
        """[K, P] the same of the terms."""
        return self._losses(vocabulary_of(self.features).terms)

    @cached_property
    def neutral(self) -> Tensor:
        """[parts] whether all that a part replaces is the right thing here, but for a factor."""
        vocabulary = vocabulary_of(self.features)
        scores, *others = self._components
        vectors = (scores.flatten(1), *others)
        same = [_same(some, right).tolist() for some, right in zip(vectors, vocabulary.right, strict=True)]
        return torch.tensor(
            [
                all(found[number] for found, number in zip(same, numbers, strict=True) if number is not None)
                for numbers in vocabulary.places
            ]
        )

    @cached_property
    def _components(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """[n, S, P] of scores, and [n, S] of weights, steps and averages."""
        scores, weights, steps, averages = vocabulary_of(self.features).forms
        return (
            torch.stack([self._case.score(form) for form in scores]),
            torch.stack([self._case.weights(form) for form in weights]),
            torch.stack([self._case.steps(form) for form in steps]),
            torch.stack([self._case.average(form) for form in averages]),
        )

    def _losses(self, parts: tuple[Part, ...]) -> Tensor:
        return torch.stack([self._case.loss(part.form.loss) for part in parts if part.form.loss is not None])


def _same(vectors: Tensor, right: int) -> Tensor:
    """[n] whether each vector is one of the first, but for a positive factor."""
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    return ((unit @ unit[:right].T).nan_to_num(0.0) >= 1 - PARALLEL).any(dim=1)
