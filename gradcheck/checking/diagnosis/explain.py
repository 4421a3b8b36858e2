"""The simplest hypothesis that has the expected gradient of a loss on all cases, and what cannot be told from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

from gradcheck.checking.budgets import CASES_CONFIRMED, MOST_HYPOTHESES_TRIED, MOST_OTHER_NAMES
from gradcheck.checking.diagnosis.evidence import ExaminedCase, SmallCase
from gradcheck.checking.diagnosis.fit import Fit, fit
from gradcheck.checking.diagnosis.hypothesis import Hypothesis, Part
from gradcheck.checking.diagnosis.search import candidates
from gradcheck.checking.result import Finding
from gradcheck.checking.tolerances import FLOAT64, NOT_SHOWN


@final
@dataclass(frozen=True)
class Explanation:
    """What is wrong with a loss.

    Attributes:
        hypothesis: the simplest that explains all numbers.
        fit: how well it does.
        others: as simple ones that explain them as well.
        cases: that were compared.
    """

    hypothesis: Hypothesis
    fit: Fit
    others: tuple[Hypothesis, ...]
    cases: tuple[ExaminedCase, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One for each part."""
        return tuple(
            Finding(part.name, part.mistake.title, self._evidence(part), part.mistake.remedy, self._also(part))
            for part in self.hypothesis.parts
        )

    def _also(self, part: Part) -> tuple[str, ...]:
        """The names that could stand for this part, where the others stay."""
        rest = sorted(self.hypothesis.names)
        rest.remove(part.name)
        found: list[str] = []
        for other in self.others:
            left = list(other.names)
            for name in rest:
                if name in left:
                    left.remove(name)
            if len(left) == 1:
                found += left
        return tuple(dict.fromkeys(found))

    def _evidence(self, part: Part) -> str:
        replaced = [one.name for one in self.hypothesis.parts if one not in self.hypothesis.terms]
        factor, *amounts = self.fit.amounts
        added = [f"{amount:.6g} times that of {{}}" for amount in amounts]
        names = [one.name for one in self.hypothesis.terms]
        probes = "the game" if len(self.cases) == 1 else f"all {len(self.cases)} probes"
        exact = f"{factor:.6g}" == "1" or (not self.fit.to_rounding and abs(factor - 1) <= 10 * self.fit.distance)
        if part in self.hypothesis.terms:
            right = "what is right by the other reference" if self.hypothesis.right else ""
            base = f"that of {' together with '.join(replaced) or right}" if replaced or right else "the true one"
            own = ["this term" if one == part.name else one for one in names]
            what = " plus ".join(words.format(name) for words, name in zip(added, own, strict=True))
            times = "" if exact else f"{factor:.6g} times "
            said = f"The exact expected gradient of the loss is {times}{base} plus {what}"
        else:
            together = "".join(f" together with {name}" for name in replaced if name != part.name)
            times = "" if exact else f", times {factor:.6g}"
            plus = "".join(f", plus {words.format(name)}" for words, name in zip(added, names, strict=True))
            said = f"The exact expected gradient of this mistake{together}{times}{plus} is that of the loss on {probes}"
        also = self._also(part)
        return f"{said}, {self._distance}." + (f" Equal here to {_listed(also)}." if also else "")

    @property
    def _distance(self) -> str:
        if not self.fit.to_rounding:
            return f"within {self.fit.distance:.1e} of it"
        return f"to {self.fit.distance:.0e}" if self.fit.distance > NOT_SHOWN else "to rounding"


def explain(
    readings: Sequence[Sequence[ExaminedCase]],
    small: Sequence[SmallCase],
    *,
    scaled: bool,
    terms_only: bool = False,
) -> Explanation | None:
    """Find the simplest explanation.

    Args:
        readings: the loss on each case, at the batch size asked for; more than once where mistakes mean different
            things by a group, all of them by the same.
        small: the same on batches on which all hypotheses are worked out; none where it is not defined there.
        scaled: whether the direction is right everywhere: then only a mistake explains it that has this very length.
        terms_only: whether what counts as true is not the gradient of the return: then a mistake in a loss that climbs
            the return explains nothing, for with it mended the loss would still be wrong.
    """
    if not small:
        return None
    # Amounts are most precise where gradients are longest; rough probes have many batches, and confirm what is left.
    by_length = [
        (cases, sorted(cases, key=lambda one: (one.case.rough, -float(one.estimate.mean.norm())))) for cases in readings
    ]
    for stage in candidates(small, scaled=scaled):
        found: dict[tuple[str, ...], Explanation] = {}
        tried = [one for one in stage if one.names and not (terms_only and one.replacements)][:MOST_HYPOTHESES_TRIED]
        for hypothesis in tried:
            names = tuple(sorted(hypothesis.names))
            if names in found or len(found) > MOST_OTHER_NAMES:
                continue
            for cases, in_order in by_length:
                fitted = fit(hypothesis, in_order)
                if fitted is not None and _is_confirmed(hypothesis, fitted, cases, scaled=scaled):
                    found[names] = Explanation(hypothesis, fitted, (), tuple(cases))
                    break
        if found:
            best, *others = found.values()
            return replace(best, others=tuple(one.hypothesis for one in others))
    return None


def _is_confirmed(hypothesis: Hypothesis, fitted: Fit, cases: Sequence[ExaminedCase], *, scaled: bool) -> bool:
    """Whether one more batch size says the same: 1/2 may be 1/N by coincidence, and two episodes may hide a third.

    At sizes for which the loss is not defined, nothing can be asked.
    """
    if scaled and any(abs(amount - 1) > FLOAT64.comparison for amount in fitted.amounts):
        return False
    some = [case for case in cases if case.grows][:CASES_CONFIRMED]
    if not some or not (scaled or all(case.size <= case.small for case in some)):
        return True
    if any(case.of_loss(case.size + 1) is None for case in some):
        return not scaled
    again = fit(hypothesis, some, larger=1)
    return again is not None and not (scaled and any(abs(amount - 1) > FLOAT64.comparison for amount in again.amounts))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
