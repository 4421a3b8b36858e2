"""Which hypotheses have the expected gradient of a loss on small batches: all of them are tried, the simplest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, wraps
from itertools import combinations
from typing import Concatenate, ParamSpec, TypeVar, final

import torch
from torch import Tensor

from gradcheck.causes.component import Form
from gradcheck.checking.budgets import MOST_HYPOTHESES_TOGETHER, MOST_PARTS, MOST_PARTS_OF_A_KIND
from gradcheck.checking.diagnosis.evidence import SmallCase
from gradcheck.checking.diagnosis.fit import off_direction
from gradcheck.checking.diagnosis.hypothesis import SIGN, Hypothesis, Part
from gradcheck.checking.diagnosis.mistake_table import Layout, MistakeTable, layout_of, vocabulary_of
from gradcheck.checking.tolerances import (
    COINCIDENCES,
    EXPLAINED_WITHIN,
    FLOAT64,
    LEFT_OF_A_SPAN,
    PARALLEL,
    SAME_LENGTH,
    SQUARED_LENGTH,
    UNEXPLAINED_SHARE,
)

_Of = ParamSpec("_Of")
_Answer = TypeVar("_Answer")


def _kept_with_tables(
    function: Callable[Concatenate[tuple[MistakeTable, ...], _Of], _Answer],
) -> Callable[Concatenate[tuple[MistakeTable, ...], _Of], _Answer]:
    """Remember what follows from some tables alone, as long as the first of them is kept."""

    @wraps(function)
    def remembering(tables: tuple[MistakeTable, ...], *arguments: _Of.args, **named: _Of.kwargs) -> _Answer:
        memo, key = tables[0].memo, (function, tables[1:], arguments, tuple(named.items()))
        if key not in memo:
            memo[key] = function(tables, *arguments, **named)
        return memo[key]

    return remembering


def candidates(cases: Sequence[SmallCase], *, scaled: bool) -> Iterator[tuple[Hypothesis, ...]]:
    """The hypotheses whose expected gradient is that of the loss, up to a factor; those with fewest parts first.

    Of equally many parts come first those that fit to rounding, then those that fit within a small distance; of these
    those without terms; and of these what a part that is only a change of scale has no part in.

    Args:
        cases: one or two of few batches.
        scaled: whether only single replacements are asked about, whose gradient is as long as that of the loss.
    """
    search = _Search(cases, scaled=scaled)
    if scaled:
        yield search.stage(1, 0)[0]
        return
    for number in range(1, MOST_PARTS + 1):
        kinds = [(number - terms, terms) for terms in range(min(number, MOST_PARTS_OF_A_KIND) + 1)]
        near = []
        for kind in kinds:
            if kind[0] <= MOST_PARTS_OF_A_KIND:
                to_rounding, within = search.stage(*kind)
                near.append(within)
                if to_rounding:
                    yield to_rounding
        yield from filter(None, near)


@final
class _Search:
    def __init__(self, cases: Sequence[SmallCase], *, scaled: bool) -> None:
        self._scaled = scaled
        self._cases, self._tables = cases, tuple(case.table for case in cases)
        self._vocabulary = vocabulary_of(self._tables[0].features)

    def stage(self, replacements: int, terms: int) -> tuple[tuple[Hypothesis, ...], tuple[Hypothesis, ...]]:
        """The hypotheses with so many replacements and terms that fit, to rounding and within a small distance."""
        if terms:
            found = list(self._with_terms(replacements, terms))
        else:
            cases = self._cases[:1] if replacements == 1 else self._cases  # few survive one probe
            found = list(self._alone(cases, replacements, scaled=self._scaled))
        # That the length is another is no reason for a wrong direction; with another mistake it may be needed.
        scales = frozenset() if self._scaled or not found else _only_scale(self._tables[:1])
        if any(part in scales for one, _ in found for part in one.replacements):
            scales = _only_scale(self._tables)
        if replacements == 1:
            found = [(one, exact) for one, exact in found if scales.isdisjoint(one.replacements)]
        found.sort(key=lambda one: (any(part in scales for part in one[0].parts), *one[0].rank))
        return tuple(one for one, exact in found if exact), tuple(one for one, exact in found if not exact)

    def _alone(self, cases: Sequence[SmallCase], number: int, *, scaled: bool) -> Iterator[tuple[Hypothesis, bool]]:
        """Those without terms, and whether they fit to rounding; a wrong sign is a replacement as well."""
        target = _Target(cases)
        for parts in (number, number - 1):
            bases = _bases(tuple(case.table for case in cases), parts)
            h, lengths = bases.gradients, bases.gradients.norm(dim=1)
            allowed = target.allowed if number == 1 else target.largest_error(len(h), amounts=1)
            if target.nothing:
                errors = lengths if parts == number == 1 else torch.full_like(lengths, torch.inf)
            else:
                factors = (h @ target.g) / lengths.square()
                errors = (target.g - factors[:, None] * h).norm(dim=1)
                if number == 2:  # two mistakes that make up for each other are none
                    errors[_parallel(self._tables, h if parts == number else -h)] = torch.inf
                errors[(factors <= 0) if parts == number else (factors >= 0)] = torch.inf
                if scaled:
                    errors[(factors - 1).abs() > FLOAT64.comparison] = torch.inf
            for row in (errors <= allowed).nonzero().flatten().tolist():
                yield bases.hypothesis(row, negated=parts < number), float(errors[row]) <= target.tolerance

    def _with_terms(self, replacements: int, terms: int) -> Iterator[tuple[Hypothesis, bool]]:
        """Those with terms: g = a h + b T, and maybe + c T', with positive amounts; a is negative for a wrong sign."""
        target, added = _Target(self._cases), _terms(self._tables, terms)
        for parts in (replacements, replacements - 1):
            if parts < 0:
                continue
            bases = _right(self._cases) if replacements == 0 else _bases(self._tables, parts)
            allowed = target.largest_error(len(bases.different) * len(added.chosen), amounts=1 + terms)
            if allowed == 0.0:
                continue
            direction = bases.different if parts == replacements else -bases.different
            none = _parallel(self._tables, direction) & (replacements > 0)
            for row, number in added.fitting(target.g, bases.different, allowed):
                if none[row]:
                    continue
                columns = torch.stack([bases.different[row], *added.gradients[list(added.chosen[number])]], dim=1)
                amounts = torch.linalg.lstsq(columns, target.g[:, None], driver="gelsd").solution[:, 0]
                sizes = amounts * columns.norm(dim=0)
                sizes[0] *= 1 if parts == replacements else -1
                error = float((target.g - columns @ amounts).norm())
                # A part no larger than what may be left unexplained explains nothing.
                if error > allowed or float(sizes.min()) <= max(target.tolerance, target.allowed):
                    continue
                some = tuple(self._vocabulary.terms[one] for one in added.chosen[number])
                for original in bases.alike(row):
                    one = bases.hypothesis(original, negated=parts < replacements)
                    yield Hypothesis(one.replacements, some, one.right), error <= target.tolerance


@final
class _Target:
    """What a hypothesis has to explain.

    Attributes:
        g: [D] the expected gradient of the loss, on all cases one after another.
        tolerance: its rounding error.
        allowed: how far from it a hypothesis may be.
        nothing: whether it is zero.
    """

    def __init__(self, cases: Sequence[SmallCase]) -> None:
        self._cases = cases
        self.g = torch.cat([case.mean for case in cases])
        self.tolerance = math.hypot(*(case.tolerance for case in cases))  # squares may overflow
        right = torch.cat([case.table.rows(0)[0] for case in cases])
        errors = [float(off_direction(self.g, truth).norm()) for truth in (*_truths(cases), right)]
        # Parts of a batch are compared with the whole, and where that is as small it is the loss itself.
        self._error = min((error for error in errors[:-1] if error > self.tolerance), default=errors[-1])
        length = float(self.g.norm())
        self.nothing = length <= self.tolerance
        self.allowed = max(min(EXPLAINED_WITHIN * length, UNEXPLAINED_SHARE * self._error), self.tolerance)

    def largest_error(self, hypotheses: int, *, amounts: int) -> float:
        """How far from g a hypothesis may be, if it is no coincidence that one of so many is as near; 0 for not at all.

        A hypothesis with a amounts takes away a of the r directions in which gradients can differ here. What is left
        of the error is then as small as a share s of it with a probability of about s^(r - a).
        """
        free = _freedom(self._cases, self.g, self.tolerance) - amounts
        if self.nothing or free < 1:
            return 0.0
        for allowed in (self.allowed, self.tolerance):
            if hypotheses * min(allowed / max(self._error, 1e-300), 1.0) ** free <= COINCIDENCES:
                return allowed
        return 0.0


def _truths(cases: Sequence[SmallCase]) -> Tensor:
    """[n, D] the gradients that count as true, on all cases one after another."""
    return torch.stack([torch.cat(some) for some in zip(*(case.truths for case in cases), strict=True)])


def _freedom(cases: Sequence[SmallCase], g: Tensor, tolerance: float) -> int:
    """In how many independent directions gradients like that of the loss can differ on these cases.

    Those of losses that are made of log-probabilities lie in the span of their gradients. A hypothesis with as many
    amounts as there are directions would explain any numbers, and so explains none.
    """
    tables = tuple(case.table for case in cases)
    basis, directions = _span(tables)
    outside = float((g - basis.T @ (basis @ g)).norm())
    return len(basis) if outside <= max(tolerance, LEFT_OF_A_SPAN * float(g.norm())) else directions


def _parallel(tables: tuple[MistakeTable, ...], gradients: Tensor, row: int = 0) -> Tensor:
    """[n] whether each of ``gradients`` [n, D] has the direction of a loss in which nothing is replaced."""
    right = torch.cat([table.rows(0)[row] for table in tables])
    unit = gradients / gradients.norm(dim=1, keepdim=True)
    return (unit @ (right / right.norm())).nan_to_num(0.0) >= 1 - PARALLEL


def _right(cases: Sequence[SmallCase]) -> _Bases:
    """What terms may be added to: the true gradients, and where there are two references what the other one says."""
    tables = tuple(case.table for case in cases)
    other = [row for number, row in _of_right_scores(tables).items() if number > 0]
    gradients = torch.cat([table.rows(0)[other] for table in tables], dim=1)
    layout = layout_of(tables[0].features, 0)
    rights = ((),) * len(cases[0].truths) + tuple(layout.right(row) for row in other)
    return _Bases(torch.cat([_truths(cases), gradients]), rights=rights)


def _of_right_scores(tables: tuple[MistakeTable, ...]) -> dict[int, int]:
    """{number of a right score: the first row that it has where nothing is replaced}."""
    scores = layout_of(tables[0].features, 0).rows[:, 0].tolist()
    return {score: scores.index(score) for score in sorted(set(scores))}


@_kept_with_tables
def _only_scale(tables: tuple[MistakeTable, ...]) -> frozenset[Part]:
    """Parts that alone change nothing but the length, whatever right parts stand beside them."""
    layout = layout_of(tables[0].features, 1)
    gradients, rows = torch.cat([table.rows(1) for table in tables], dim=1), _of_right_scores(tables)
    same = _parallel(tables, gradients)
    for score, row in rows.items():
        same |= _parallel(tables, gradients, row) & (layout.rows[:, 0] == score)
    of_part = layout.rows[:, 2]
    numbers = set(of_part[same].tolist()) - set(of_part[~same].tolist())
    return frozenset(layout.vocabulary.parts[number] for number in numbers)


@_kept_with_tables
def _span(tables: tuple[MistakeTable, ...]) -> tuple[Tensor, int]:
    """(an orthonormal basis [r, D] of the gradients of log-probabilities, how many directions those of all have)."""
    scores = torch.block_diag(*(table.log_probs for table in tables))
    every = torch.cat([torch.cat([table.rows(1), table.own, table.terms]) for table in tables], dim=1)
    every = every[every.isfinite().all(dim=1)]
    every = every / every.norm(dim=1, keepdim=True).clamp(min=1e-300)
    _, sizes, basis = torch.linalg.svd(scores, full_matrices=False)
    return basis[sizes > LEFT_OF_A_SPAN * sizes[0]], int(torch.linalg.matrix_rank(every, rtol=LEFT_OF_A_SPAN))


@_kept_with_tables
def _bases(tables: tuple[MistakeTable, ...], num_parts: int) -> _Bases:
    """The hypotheses without terms with a given number of parts; of two, neither is one that changes nothing."""
    layout = layout_of(tables[0].features, num_parts)
    gradients = torch.cat([table.rows(num_parts) for table in tables], dim=1)
    kept = gradients.isfinite().all(dim=1)
    if num_parts == 2:
        neutral = torch.stack([table.neutral for table in tables]).all(dim=0)
        kept &= ~neutral[layout.rows[:, 2:]].any(dim=1)
    if num_parts != 1:
        return _Bases(gradients[kept], layout, kept.nonzero().flatten().tolist())
    own = torch.cat([table.own for table in tables], dim=1)
    defined = own.isfinite().all(dim=1)
    parts = [part for part, fine in zip(layout.vocabulary.own, defined.tolist(), strict=True) if fine]
    return _Bases(torch.cat([gradients[kept], own[defined]]), layout, kept.nonzero().flatten().tolist(), tuple(parts))


@_kept_with_tables
def _terms(tables: tuple[MistakeTable, ...], number: int) -> _Terms:
    return _Terms(torch.cat([table.terms for table in tables], dim=1), number)


@final
class _Bases:
    """Hypotheses without terms, or the true gradients, which are none.

    Args:
        gradients: [n, D] their expected gradients, on all cases one after another.
        layout: what rows stand for; None for the true gradients.
        rows: of the layout, one for each of the first gradients.
        own: mistakes that the other gradients stand for.
        rights: without a layout, the forms behind each gradient, none behind a true one.
    """

    def __init__(
        self,
        gradients: Tensor,
        layout: Layout | None = None,
        rows: Sequence[int] = (),
        own: tuple[Part, ...] = (),
        rights: tuple[tuple[Form, ...], ...] = (),
    ) -> None:
        self.gradients, self._layout, self._rows, self._own, self._rights = gradients, layout, rows, own, rights

    def hypothesis(self, number: int, *, negated: bool) -> Hypothesis:
        """What one of ``gradients`` stands for."""
        sign = (SIGN,) if negated else ()
        if self._layout is None:
            return Hypothesis((), right=self._rights[number])
        if number >= len(self._rows):
            return Hypothesis((self._own[number - len(self._rows)], *sign))
        row = self._rows[number]
        return Hypothesis((*self._layout.replacements(row), *sign), right=self._layout.right(row))

    @property
    def different(self) -> Tensor:
        """[n, D] those that differ by more than a factor."""
        return self.gradients[self._classes[0]]

    def alike(self, number: int) -> list[int]:
        """The rows of ``gradients`` that differ from one of ``different`` by a factor only."""
        return (self._classes[1] == number).nonzero().flatten().tolist()

    @cached_property
    def _classes(self) -> tuple[Tensor, Tensor]:
        """The first row of each class, and the class of each row: by a projection that hardly ever is the same."""
        lengths = self.gradients.norm(dim=1).clamp(min=1e-300)
        numbers = torch.Generator().manual_seed(0)
        along = torch.rand(self.gradients.shape[1], 2, generator=numbers, dtype=torch.float64) + 0.5
        keys = ((self.gradients / lengths[:, None]) @ along).mul(1e9).round()
        _, which = keys.unique(dim=0, return_inverse=True)
        first = torch.full((int(which.max()) + 1,), len(which)).scatter_reduce_(
            0, which, torch.arange(len(which)), reduce="amin"
        )
        return first, which


@final
class _Terms:
    """The expected gradients of terms on all cases at once, and those of them that are added together.

    Attributes:
        gradients: [K, D].
        chosen: one or two of the terms, whose gradients are independent.
    """

    def __init__(self, gradients: Tensor, number: int) -> None:
        self.gradients = gradients
        lengths = self.gradients.norm(dim=1)
        there = (self.gradients.isfinite().all(dim=1) & (lengths > FLOAT64.comparison)).nonzero().flatten().tolist()
        unit = self.gradients / lengths[:, None]
        self.chosen: list[tuple[int, ...]] = [(one,) for one in there]
        bases = unit[there][:, None]
        if number == 2 and there:
            self.chosen = list(combinations(there, 2))
            first, second = (unit[[pair[place] for pair in self.chosen]] for place in (0, 1))
            second = second - (first * second).sum(dim=1, keepdim=True) * first
            apart = second.norm(dim=1) > 1e-6
            self.chosen = [pair for pair, kept in zip(self.chosen, apart.tolist(), strict=True) if kept]
            bases = torch.stack([first, second / second.norm(dim=1, keepdim=True)], dim=1)[apart]
        self._bases = bases  # [Q, 1 or 2, D], orthonormal

    def fitting(self, g: Tensor, bases: Tensor, allowed: float) -> list[tuple[int, int]]:
        """Which of ``bases`` [n, D] and of ``chosen`` may explain g: what is left of both has one direction."""
        if not self.chosen or not len(bases):
            return []
        left = g - torch.einsum("qm,qmd->qd", self._bases @ g, self._bases)
        most = left.square().sum(dim=1) - allowed * allowed - SQUARED_LENGTH * float(g.square().sum())
        portion, found = max(MOST_HYPOTHESES_TOGETHER // len(self.chosen), 1), []
        for start in range(0, len(bases), portion):
            h = bases[start : start + portion]
            h = h / h.norm(dim=1, keepdim=True)
            rest = torch.ones(len(h), len(most), dtype=h.dtype)
            for unit in self._bases.unbind(dim=1):
                rest.sub_((h @ unit.T).square_())
            # Of what the terms explain by themselves, nothing is left but rounding.
            fits = (h @ left.T).square_() >= rest.clamp_(min=1e-8).mul_(most)
            fits &= most > 0
            rows, numbers = fits.nonzero().T
            errors = self._errors(h[rows], left[numbers], self._bases[numbers])
            kept = errors <= allowed + SAME_LENGTH * float(g.norm())
            found += zip((start + rows[kept]).tolist(), numbers[kept].tolist(), strict=True)
        return found

    @staticmethod
    def _errors(h: Tensor, left: Tensor, bases: Tensor) -> Tensor:
        """[n] how far what is left of g is from what is left of h; without squares, which lose half of the digits."""
        for unit in bases.unbind(dim=1) * 2:
            h = h - (h * unit).sum(dim=1, keepdim=True) * unit
        factors = (left * h).sum(dim=1, keepdim=True) / h.square().sum(dim=1, keepdim=True).clamp(min=1e-300)
        return (left - factors * h).norm(dim=1)
