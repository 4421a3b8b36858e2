"""A loss under one condition, judged: its cases, the verdict, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from gradcheck.checking.case import Case, Condition
from gradcheck.checking.comparison import Comparison
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.shared_critic import ThroughValues
from gradcheck.checking.probes.coordinates import coordinates
from gradcheck.checking.result import ConditionResult, Limit, ProbeResult
from gradcheck.checking.tolerances import UNTELLABLE_IN_FLOAT32
from gradcheck.checking.verdict import Verdict, at_best
from gradcheck.document.numbers import listed


@final
@dataclass(frozen=True, eq=False)
class CaseResult:
    """A loss on one case, at the batch size asked for.

    Attributes:
        expected: its expected gradient, at other batch sizes, too.
        estimate: at the batch size asked for.
        comparison: with the truth.
        was_coarse: whether it is in float64 only because the answer in float32 left something open.
        through_values: what flows through the values of a critic into layers that it shares with the actor.
    """

    expected: ExpectedGradient
    estimate: GradientEstimate
    comparison: Comparison
    was_coarse: bool = False
    through_values: ThroughValues = ThroughValues.NOTHING

    @property
    def case(self) -> Case:
        """The game, the policy and the condition."""
        return self.expected.case

    @property
    def size(self) -> int:
        """The batch size asked for."""
        return self.expected.size

    @property
    def is_coarse(self) -> bool:
        """Whether anything was computed in float32."""
        return self.estimate.exact and self.expected.gradient.coarse

    @property
    def is_settled(self) -> bool:
        """Whether it is in float64, or right so clearly that float64 would add nothing."""
        clear = self.comparison.noise <= UNTELLABLE_IN_FLOAT32 * self.comparison.size
        return not self.is_coarse or (self.comparison.verdict is Verdict.UNBIASED and clear)


@final
@dataclass(frozen=True, eq=False)
class Judgement:
    """A loss under one condition.

    Attributes:
        condition: which.
        verdict: the worst over the cases.
        cases: the loss on each of them.
        remark: on how batches arise.
        limit: what happens as batches grow, where that was examined.
        left_out: {rough probe that was left out: why}.
    """

    condition: Condition
    verdict: Verdict
    cases: tuple[CaseResult, ...]
    remark: str = ""
    limit: Limit | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def at_best(self) -> Verdict:
        """The best verdict that is still possible."""
        return at_best(self.verdict, wrong_at_this_size=self.limit is not None)

    @property
    def exact(self) -> bool:
        """Whether all batches were enumerated on all cases."""
        return all(result.estimate.exact for result in self.cases)

    @property
    def result(self) -> ConditionResult:
        """All of it as numbers and words."""
        return ConditionResult(
            condition=self.condition.name,
            verdict=self.verdict,
            probes=tuple(_on_probe(result, self.verdict) for result in self.cases),
            note=" ".join(filter(None, (self._note, self._of_critic, self._not_tried))),
            exact=self.exact,
            batches=sum(
                result.expected.num_batches if result.estimate.exact else result.estimate.num_batches
                for result in self.cases
            ),
            limit=self.limit,
        )

    @property
    def _note(self) -> str:
        """What was met, where more than one gradient could be; and what there is to know about how batches arise."""
        met = "; ".join(filter(None, (self._references_met, self._other_reference)))
        return " ".join(filter(None, (met and f"{met}.", self.remark)))

    @property
    def _references_met(self) -> str:
        """Where more than one gradient would do, or another than the asked one was met, perhaps."""
        words = {result.comparison.reference for result in self.cases}
        several = any(len(result.expected.true_gradients(result.size)) > 1 for result in self.cases)
        if not several:
            return f"{self.verdict.capitalize()} against {words.pop()}" if self._other_reference else ""
        if any(result.comparison.verdict is Verdict.BIASED for result in self.cases):
            return "Matches neither reference"
        return f"Matches the gradient of {' and of '.join(sorted(words))}"

    @property
    def _other_reference(self) -> str:
        """How the loss stands to what would be true by the other reference, which decides nothing."""
        others = [one.expected.compare_with_the_other(one.size) for one in self.cases if one.estimate.exact]
        known = [other for other in others if other is not None]
        if len(known) < len(self.cases):  # it is the same one, or nothing is known of it
            return ""
        worst = max(known, key=lambda comparison: tuple(Verdict).index(comparison.verdict))
        how = {Verdict.UNBIASED: "it is the gradient of", Verdict.PROPORTIONAL: "it is proportional to the gradient of"}
        if worst.verdict not in how and not self.verdict.at_least(Verdict.CONSISTENT):
            return ""  # it is neither, and that it is wrong is said already
        asked = self.cases[0].case.by_the_other_reference.reference
        hint = f'(reference="{asked}" judges against that)'
        too = ", too" if self.verdict.at_least(Verdict.PROPORTIONAL) and worst.verdict in how else ""
        return f"{how.get(worst.verdict, 'it is not the gradient of')} {worst.reference}{too} {hint}"

    @property
    def _of_critic(self) -> str:
        """What flows into layers that an actor and a critic share."""
        met = [result for result in self.cases if result.through_values is not ThroughValues.NOTHING]
        return " ".join(
            f"What flows through the critic's values on {result.case.name} is {result.through_values.value}."
            for result in met
        )

    @property
    def _not_tried(self) -> str:
        """Which probes were left out, and why."""
        by_reason: dict[str, list[str]] = {}
        for name, reason in self.left_out.items():
            by_reason.setdefault(reason, []).append(name)
        return " ".join(f"Not tried on {listed(names)}: {reason}." for reason, names in by_reason.items())


def _on_probe(result: CaseResult, verdict: Verdict) -> ProbeResult:
    estimate, comparison = result.estimate, result.comparison
    right = comparison.verdict is not Verdict.BIASED
    return ProbeResult(
        probe=result.case.name,
        condition=result.case.condition.name,
        verdict=comparison.verdict if right else verdict,
        reference=comparison.reference,
        names=coordinates(result.case.parameters),
        expected_gradient=estimate.mean,
        true_gradient=comparison.truth,
        variance=estimate.variance,
        scale=comparison.scale,
        relative_bias=comparison.relative_bias,
        direction_error=comparison.direction_error,
        batches=estimate.num_batches,
        noise=comparison.noise,
    )
