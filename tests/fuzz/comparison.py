"""A case → what the product says of it beside what is true, and every difference between the two."""

from __future__ import annotations

import functools
import importlib
import itertools
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import torch
from torch import Tensor

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.causes.catalogue import MISTAKES, TERMS, right_averages, right_scores, right_weights
from gradcheck.causes.component import Feature
from gradcheck.checking.diagnosis.hypothesis import composed
from tests.fuzz.cases import Case, a_case, defined
from tests.fuzz.choices import Choices
from tests.fuzz.oracle import Oracle, Sums, forget

_SAME, _SAME_COARSE = 1e-8, 1e-4  # of numbers that should be equal, relative to the terms that were added up
_EXPLAINED, _EXPLAINED_COARSE = 1e-5, 1e-3  # a cause that is named explains the gradient to this share of it
_MOST_FOR_A_CAUSE = 130  # batches; with more, causes are not compared
_MOST_FORMS = 24
_RIGHT = ("unbiased", "proportional")
_NO_CAUSE = {  # they name no mistake of the catalogue
    *("unexplained", "constant_factor", "changing_factor", "zero", "zero_gradient", "objective_ignored"),
}


#: ``check``, or what stands in its place.
Check: TypeAlias = Callable[..., Any]


@final
@dataclass(frozen=True)
class Outcome:
    """Of one run.

    Attributes:
        case: what was run.
        verdict: what the product said; "refused" if it would not.
        truth: what brute force says at this size.
        limit: what it says about large batches, where that was asked.
        compared: what was compared, and what could not be, for the statistics.
        differences: (kind, details), none if all is well.
    """

    case: Case
    verdict: str
    truth: str
    limit: str
    compared: tuple[str, ...]
    differences: tuple[tuple[str, str], ...]


def run(choices: Choices, check: Check | None = None) -> Outcome:
    """Make the case, check it, and compare.

    Args:
        choices: that the case follows from.
        check: what is tested; ``gradcheck.check`` by default.
    """
    forget()
    case = a_case(choices)
    names = defined(case, exact=False)
    kept: dict[str, Tensor] = {}
    loss = _keeping(names["loss"], kept) if case.sampler == "before" else names["loss"]
    options = case.options | ({"behaviour": names["behaviour"]} if case.sampler == "behaviour" else {})
    error: BaseException | None = None
    result = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with nullcontext() if case.causes else without_diagnosis():
                result = (check or gradcheck.check)(loss, names["game"], names["policy"], **options)
        except InvalidArgument as refusal:
            error = refusal
        except Exception as crash:
            difference = (f"crash: {type(crash).__name__}", (str(crash) or "no message").splitlines()[0])
            return Outcome(case, "crashed", "not asked", "not asked", (), (difference,))
        comparison = _Comparison(case, Oracle(case, kept or None), result, error)
        comparison.compare()
    forget()
    return comparison.outcome


@contextmanager
def without_diagnosis() -> Iterator[None]:
    """Leave step 9 of a check out: it comes after verdicts and numbers, and takes five times as long as they."""
    module: Any = importlib.import_module("gradcheck.checking.check")
    diagnose = module.diagnose
    module.diagnose = lambda *_: None
    try:
        yield
    finally:
        module.diagnose = diagnose


def _keeping(loss: Callable[..., Any], kept: dict[str, Tensor]) -> Callable[..., Any]:
    """The same loss, which remembers the parameters that it is called with at first."""

    @functools.wraps(loss)
    def keeping(policy: Any, episodes: Any) -> Any:
        if not kept:
            kept.update({name: value.detach().clone() for name, value in policy.state_dict().items()})
        return loss(policy, episodes)

    return keeping


@final
class _Comparison:
    def __init__(self, case: Case, oracle: Oracle, result: Any, error: BaseException | None) -> None:
        self.case, self.oracle, self.result, self.error = case, oracle, result, error
        self.compared: list[str] = []
        self.differences: list[tuple[str, str]] = []
        self.truth, self.limit = "", "not asked"

    @property
    def outcome(self) -> Outcome:
        verdict = "refused" if self.result is None else str(self.result.verdict)
        compared, differences = tuple(self.compared), tuple(self.differences)
        return Outcome(self.case, verdict, self.truth, self.limit, compared, differences)

    def differ(self, kind: str, details: str) -> None:
        self.differences.append((kind, details))

    def compare(self) -> None:
        here = self.oracle.here
        if not here.finite or here.constant:
            self.truth = "constant" if here.constant else "not finite"
            if self.error is None:
                self.differ(f"not refused though {self.truth}", f"verdict {self.result.verdict}")
            return
        self.truth = self.oracle.relation(here, self.oracle.here_truths)
        if self.error is not None:
            self._refusal(here)
            return
        self._numbers(here)
        self._verdict(here)
        self._other_sizes()
        self._causes(here)

    def _refusal(self, here: Sums) -> None:
        """It may refuse where no buffer cuts anything, or rounding is much of what is left when terms cancel."""
        text = str(self.error).splitlines()[0]
        if self.case.collection == "fixed_steps" and self.oracle.longest == 1:
            self.compared.append("does not apply")
            return
        larger = max(float(here.mean.norm()), *(float(t.norm()) for t in self.oracle.here_truths))
        noise = (1e-6 if self.case.coarse else 1e-13) * max(here.size, self.oracle.largest_return)
        if noise > 1e-3 * larger or here.size < 1e-3 * self.oracle.largest_return:
            self.compared.append("refused where terms cancel")
        else:
            self.differ("refused", f"{self.truth}; {text}")

    def _numbers(self, here: Sums) -> None:
        result, case = self.result, self.case
        tolerance = _SAME_COARSE if case.coarse else _SAME
        scale = here.size + self.oracle.rounding / tolerance
        g = result.expected_gradient.double()
        if g.shape != here.mean.shape:
            self.differ("shape", f"{tuple(g.shape)} for {tuple(here.mean.shape)}")
            return
        gap = float((g - here.mean).norm())
        if not gap <= tolerance * scale:
            self.differ("expected gradient", f"{_numbers(g)} for {_numbers(here.mean)}")
        variance = float((result.variance - here.variance).norm())
        spread = max(float(here.variance.norm()), scale**2)
        if not case.is_split and not variance <= 10 * tolerance * spread:
            self.differ("variance", f"{_numbers(result.variance)} for {_numbers(here.variance)}")
        truths = self.oracle.here_truths
        t = result.true_gradient.double()
        gaps = [float((t - one).norm()) / max(float(one.norm()), scale, self.oracle.largest_return) for one in truths]
        if not min(gaps) <= tolerance:
            self.differ("true gradient", f"{_numbers(t)} for {' or '.join(map(_numbers, truths))}")
        self.compared.append("numbers")

    def _verdict(self, here: Sums) -> None:
        said, truth = str(self.result.verdict), self.truth
        if truth == "too close":
            self.compared.append("verdict too close")
            return
        if said == "inconclusive":
            if truth in _RIGHT and not self.case.coarse and not self.oracle.may_be_lost:
                self.differ(f"inconclusive for {truth}", "")
            self.compared.append("inconclusive")
            return
        self.compared.append("verdict")
        if truth in _RIGHT:
            if said != truth:
                self.differ(f"{said} for {truth}", self._beside(here))
            return
        if said in _RIGHT:
            self.differ(f"{said} for wrong", self._beside(here))
            return
        if self.case.collection in ("complete_episodes", "groups") and not self.case.is_split:
            self.limit = self.oracle.limit
        if self.limit in ("right", "wrong"):
            self.compared.append("limit")
        if said == "consistent" and self.limit == "wrong":
            self.differ("consistent, and wrong in the limit", self._beside(here))
        if said == "biased" and self.limit == "right":
            self.differ("biased, and right in the limit", self._beside(here))

    def _beside(self, here: Sums) -> str:
        truths = " or ".join(map(_numbers, self.oracle.here_truths))
        return f"g = {_numbers(here.mean)}, t = {truths}"

    def _other_sizes(self) -> None:
        """The verdicts at sizes that are looked at as well, as far as they are cheap."""
        for size, at in self.result.by_batch_size.items():
            batch = self.case.batch
            if not isinstance(batch, int) or size == batch or size > 2:
                continue
            if size > batch and self.oracle.here.batches ** (size / batch) > _MOST_FOR_A_CAUSE:
                continue
            sums = self.oracle.expected(self.oracle.loss, size)
            if not sums.finite or sums.constant:
                continue
            truth, said = self.oracle.relation(sums, self.oracle.truths(size)), str(at.verdict)
            if truth == "too close" or said == "inconclusive":
                continue
            self.compared.append("another size")
            if said != {"wrong": "biased"}.get(truth, truth):
                self.differ(f"at another size: {said} for {truth}", f"size {size}: g = {_numbers(sums.mean)}")

    def _causes(self, here: Sums) -> None:
        """Whether the mistakes that are named explain the gradient on this very game."""
        names = [finding.cause for finding in self.result.findings]
        known = {mistake.name for mistake in (*MISTAKES, *TERMS)}
        if not names or not set(names) <= known or here.batches > _MOST_FOR_A_CAUSE:
            if names:
                self.compared.append("no cause named" if set(names) & _NO_CAUSE else "causes not compared")
            return
        if self.case.is_split or self.truth == "too close":  # there a loss is compared with itself, or is all rounding
            return
        tolerance = _EXPLAINED_COARSE if self.case.coarse else _EXPLAINED
        gap = _unexplained(self.oracle, names, here)
        if gap is None:
            self.compared.append("causes not compared")
        elif gap > tolerance * max(float(here.mean.norm()), 1e-2 * here.size):
            self.differ(
                f"a cause that does not explain: {', '.join(names)}", f"{gap:.3g} is left of {here.mean.norm():.3g}"
            )
        else:
            self.compared.append("causes")


def _unexplained(oracle: Oracle, names: list[str], here: Sums) -> float | None:
    """The least that is left of g by a loss with these mistakes and terms; None where there are too many to try."""
    case = oracle.case
    present = {
        Feature.DISCOUNT: oracle.game.discount != 1,
        Feature.OFF_POLICY: case.sampler != "policy",
        Feature.STEPWISE: case.reference == "stepwise",
        Feature.CUT: case.collection == "fixed_steps",
        Feature.GROUPS: case.collection == "groups" and case.batch[0] > 1,
    }
    features = frozenset(feature for feature, there in present.items() if there)
    forms = {one.name: [] for one in (*MISTAKES, *TERMS)}
    for mistake in MISTAKES:
        forms[mistake.name] += mistake.forms
    terms = {one.name: [form.loss for form in one.forms] for one in TERMS}
    replaced = [name for name in names if name not in terms]
    added = [name for name in names if name in terms]
    bases: list[Tensor | None] = []
    if replaced:
        choices = itertools.product(
            itertools.product(*(forms[name] for name in replaced)),
            right_scores(features),
            right_weights(),
            right_averages(features),
        )
        losses = [composed((*wrong, score, weights, average)) for wrong, score, weights, average in choices]
        losses = list(dict.fromkeys(losses))
    else:
        losses = [None]
        bases = list(oracle.here_truths)
    of_terms = list(itertools.product(*(terms[name] for name in added)))
    if len(losses) * len(of_terms) > _MOST_FORMS:
        return None
    known: dict[Any, Tensor] = {}

    def gradient(loss: Any) -> Tensor:
        if loss not in known:
            known[loss] = oracle.expected(loss, case.batch).mean
        return known[loss]

    least = float(here.mean.norm())
    for loss in losses:
        for base in [gradient(loss)] if loss is not None else bases:
            for plus in of_terms:
                columns = torch.stack([base, *(gradient(term) for term in plus)], 1)
                if not columns.isfinite().all():
                    continue
                amounts = torch.linalg.lstsq(columns, here.mean[:, None], driver="gelsd").solution
                least = min(least, float((columns @ amounts - here.mean[:, None]).norm()))
                if least <= _EXPLAINED * float(here.mean.norm()):
                    return least
    return least


def _numbers(values: Tensor) -> str:
    return f"({', '.join(f'{value:.6g}' for value in values.tolist())})"


def statistics(outcome: Outcome) -> Counter[str]:
    """What to count of a run: verdict, truth, limit, setting, size, parts of the loss."""
    case = outcome.case
    found = Counter({f"verdict {outcome.verdict}": 1, f"truth {outcome.truth}": 1, f"setting {case.setting}": 1})
    found[f"limit {outcome.limit}"] += 1
    found[f"batch {case.batch}"] += 1
    found.update(f"compared {one}" for one in outcome.compared)
    found.update(f"with {feature}" for feature in case.features)
    found.update(f"difference {kind}" for kind, _ in outcome.differences)
    return found
