"""A question and a condition → the verdict under it, with every number that it rests on."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import final

from gradcheck.checking.budgets import (
    MOST_BATCHES_OF_A_ROUGH_PROBE,
    MOST_BATCHES_OF_A_STEP,
    MOST_BATCHES_OTHER_SIZES,
    MOST_BATCHES_OTHER_SIZES_IN_A_LOOP,
    OTHER_SIZES,
)
from gradcheck.checking.case import Case, Condition
from gradcheck.checking.comparison import Comparison, common_scale
from gradcheck.checking.estimate import GradientEstimate
from gradcheck.checking.expectation.audit import audited
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.loss_gradient import AnyLoss
from gradcheck.checking.expectation.sampled import are_too_many, draws_numbers, must_be_sampled, sampled
from gradcheck.checking.expectation.shared_critic import ThroughValues, apart_from_critic, shares_layers
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.in_float64 import case_in_float64, loss_in_float64
from gradcheck.checking.limit.growth import growth_of
from gradcheck.checking.limit.ladder import affordable
from gradcheck.checking.limit.large_batch_limit import large_batch_limit
from gradcheck.checking.limit.sizes import on_both_sides, sizes_in_code
from gradcheck.checking.probes.coordinates import coordinates
from gradcheck.checking.question import Question
from gradcheck.checking.result import AtBatchSize, ConditionResult, Limit, ProbeResult, Tends
from gradcheck.checking.tolerances import UNTELLABLE_IN_FLOAT32
from gradcheck.checking.verdict import Verdict, at_best, worst
from gradcheck.document.numbers import listed
from gradcheck.tree.errors import InvalidArgument, shown


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


_CANNOT_BE_ENUMERATED = f"its batches are more than {MOST_BATCHES_OF_A_ROUGH_PROBE:,}, or the loss is random"

_ONE_BY_ONE = "the condition was not asked for, and the loss is evaluated batch by batch"

#: What all of them are called, where none is tried.
ROUGH_PROBES = "rough games"

_LIMIT_NOT_ENUMERATED = "order matters to the loss, and larger batches are too many to see what it tends to"


def judge(
    question: Question,
    condition: Condition,
    *,
    max_batches: int,
    look_at_limit: bool = True,
    small_cases_only: bool = False,
    beside: bool = False,
) -> Judgement:
    """Decide.

    Args:
        question: what was asked.
        condition: under which.
        max_batches: the most that are enumerated on one case.
        look_at_limit: whether to ask, of a direction that is wrong, if it turns right as batches grow.
        small_cases_only: whether to leave out cases with more batches than are enumerated at other sizes.
        beside: whether the condition was not asked for: then a loss that is evaluated batch by batch, which takes long,
            is not tried on rough probes.

    Raises:
        NotApplicable: if the condition says nothing here.
        InvalidArgument: if no verdict can be about the loss.
        LossFailed: if the loss raises.
    """
    cases = condition.cases(question.subject, question.options)
    results: list[CaseResult] = []
    left_out: dict[str, str] = {}
    for case in cases:
        if case.rough and beside and results and not results[-1].expected.gradient.vectorised:
            left_out[ROUGH_PROBES] = _ONE_BY_ONE
            continue
        # Sequences are surer than a look at order, and cheap where all of them are evaluated at once.
        sequences = not case.rough or all(result.expected.gradient.vectorised_over_layouts for result in results)
        try:
            result = _examined(
                question,
                case,
                max_batches=max_batches,
                num_cases=len(cases),
                sequences=sequences,
                small_only=small_cases_only,
                coarse=any(one.is_coarse for one in results),
            )
        except (LossFailed, InvalidArgument) as failure:  # code may be written for shorter episodes or fewer actions
            if not case.rough:
                raise
            error = failure.error if isinstance(failure, LossFailed) else failure
            left_out[case.name] = f"{type(error).__name__}: {shown(error, str).rstrip('.')}"
            continue
        if result is not None:
            results.append(result)
        elif case.rough:
            left_out[case.name] = _CANNOT_BE_ENUMERATED
    verdict = worst(result.comparison.verdict for result in results)
    limit = None
    if verdict is Verdict.BIASED and look_at_limit and condition.has_limit:
        limit, open_still = _limit(question, results)
        left_out |= open_still
    if limit is not None and limit.tends is not Tends.WRONG:
        others = (result.comparison.verdict for result in results if result.comparison.verdict is not Verdict.BIASED)
        turns = Verdict.CONSISTENT if limit.tends is Tends.RIGHT else Verdict.INCONCLUSIVE
        verdict = worst([turns, *others])
    return Judgement(condition, verdict, tuple(results), condition.remark(question.options), limit, left_out)


def _examined(
    question: Question,
    case: Case,
    *,
    max_batches: int,
    num_cases: int,
    sequences: bool,
    small_only: bool,
    coarse: bool,
) -> CaseResult | None:
    """A loss on one case; None where that is left out: a rough probe, or one with many batches.

    Numbers in float32 may be exact on all batches of a case that are looked at. Where they were not on another case,
    ``coarse`` says so.
    """
    options = question.options
    most = min(max_batches, MOST_BATCHES_OF_A_ROUGH_PROBE) if case.rough else max_batches
    expected = _expected(question, question.loss, case, most, sequences=sequences)
    if case.rough and _is_left_out(expected, most, draws=options.draws):
        return None
    if small_only and not _is_small(expected, expected.size):
        return None
    through_values = ThroughValues.NOTHING
    if shares_layers(case):
        apart = apart_from_critic(question.loss, case, size=expected.size, learning_rate=options.learning_rate)
        expected = _expected(question, question.loss, apart.case, most, sequences=sequences)
        through_values = apart.through_values
    if options.draws is not None and must_be_sampled(expected, most):
        estimate, comparison = sampled(expected, options.draws, seed=options.seed, num_cases=num_cases)
        return CaseResult(expected, estimate, comparison)
    expected.gradient.coarse = expected.gradient.coarse or coarse
    found = _enumerated(expected)
    found = found if found.is_settled else _in_float64(question, found, most) or found
    return replace(found, through_values=through_values)


def _is_left_out(expected: ExpectedGradient, most: int, *, draws: int | None) -> bool:
    """Whether a rough probe is: its rare and large gradients would take more draws than all others together."""
    return are_too_many(expected, most) if draws is None else must_be_sampled(expected, most)


def _expected(
    question: Question, loss: AnyLoss, case: Case, max_batches: int, *, sequences: bool = True
) -> ExpectedGradient:
    options = question.options
    size, rate = case.condition.size(options), options.learning_rate
    return ExpectedGradient(loss, case, size=size, max_batches=max_batches, learning_rate=rate, sequences=sequences)


def _enumerated(expected: ExpectedGradient) -> CaseResult:
    with audited(expected.gradient, expected.random_batch):
        comparison = expected.compare(expected.size)
    return CaseResult(expected, expected.at(expected.size), comparison)


def _in_float64(question: Question, first: CaseResult, max_batches: int) -> CaseResult | None:
    """The same in float64; None where that cannot be had, or something in it is still in float32."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a dtype that no one asked for
            case = case_in_float64(first.case, question.options)
            again = _enumerated(_expected(question, loss_in_float64(question.loss), case, max_batches))
    except (LossFailed, InvalidArgument):  # it may have numbers of its own in float32, which fit nothing else
        return None
    return None if again.expected.gradient.coarse else replace(again, was_coarse=True)


def _limit(question: Question, results: list[CaseResult]) -> tuple[Limit | None, dict[str, str]]:
    """On the case where it is worst, and the rough probes on which it stays open, with the reason.

    One wrong limit decides. One that is undecided leaves all undecided, unless the direction is right there at the size
    asked for; or the probe is a rough one, with too many batches for a loss to which their order matters.

    None where the loss draws random numbers, which a large batch shows once and not on average.
    """

    def badness(result: CaseResult) -> tuple[bool, float]:
        return result.comparison.verdict is Verdict.BIASED, result.comparison.direction_error

    undecided = right = open_still = None
    left_out: dict[str, str] = {}
    numbers = sizes_in_code(question.loss)
    for result in sorted(results, key=badness, reverse=True):
        if not result.estimate.exact and draws_numbers(result.expected):
            return None, {}
        found = large_batch_limit(result.expected, result.estimate, result.comparison, numbers)
        if found.tends is Tends.WRONG:
            return found, {}
        if found.tends is Tends.RIGHT:
            right = right or found
        elif result.comparison.verdict is not Verdict.BIASED:
            open_still = open_still or found
        elif result.case.rough and result.expected.order_matters:
            open_still = open_still or found
            left_out[result.case.name] = _LIMIT_NOT_ENUMERATED
        else:
            undecided = undecided or found
    return undecided or right or open_still, left_out


def by_batch_size(judgement: Judgement, numbers: tuple[int, ...] = ()) -> dict[int, AtBatchSize]:
    """The same at other batch sizes, wherever that is cheap and the loss is defined.

    Args:
        judgement: at the size asked for.
        numbers: further sizes, in the code of the loss. What happens there may be looked at on the smaller cases alone;
            at the usual sizes, what those alone show is told where it is worse than at the size asked for.
    """
    if not judgement.exact:
        return {}
    asked, here = judgement.cases[0].size, worst(one.comparison.verdict for one in judgement.cases)
    others = {*OTHER_SIZES, *on_both_sides(numbers)} if judgement.condition.has_other_sizes else set()
    found: dict[int, AtBatchSize] = {}
    for size in sorted({*others, asked}):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a size that no one asked for
                cases = [one for one in judgement.cases if size == asked or _is_small(one.expected, size)]
                comparisons = [one.expected.compare(size) for one in cases]
        except (LossFailed, InvalidArgument):  # a loss may need more episodes than a small batch has
            continue
        if not cases:
            continue
        batches = sum(one.expected.at(size).num_batches for one in cases)
        at_size = _at_batch_size(comparisons, batches)
        complete = size not in OTHER_SIZES or all(_may_be_left_out(one) for one in judgement.cases if one not in cases)
        if complete or (size > asked and worst([here, at_size.verdict]) is not here):
            found[size] = at_size
    return found


def _may_be_left_out(one: CaseResult) -> bool:
    """Whether the others say enough about a size that was not asked for: of a rough probe where the loss is right."""
    return one.case.rough and one.comparison.verdict is not Verdict.BIASED


def worse_at(sizes: Mapping[int, AtBatchSize], asked: int) -> tuple[int, ...]:
    """The sizes above the one asked for at which the verdict is worse, in increasing order."""
    if asked not in sizes:
        return ()
    here = sizes[asked].verdict
    told = {size: at.verdict for size, at in sorted(sizes.items()) if at.verdict is not Verdict.INCONCLUSIVE}
    return tuple(size for size, verdict in told.items() if size > asked and worst([here, verdict]) is not here)


def _is_small(expected: ExpectedGradient, size: int) -> bool:
    """Whether a size that no one asked about can be looked at beside the one that was."""
    most = MOST_BATCHES_OTHER_SIZES if expected.gradient.vectorised else MOST_BATCHES_OTHER_SIZES_IN_A_LOOP
    if expected.fewest(size) > (MOST_BATCHES_OF_A_STEP if size > max(OTHER_SIZES) else most):
        return False  # without asking whether order matters, which takes a while
    if size <= max(OTHER_SIZES):
        return expected.count(size) <= most
    growth = growth_of(expected)
    return growth is not None and affordable(expected, growth, size)


def _at_batch_size(comparisons: list[Comparison], batches: int) -> AtBatchSize:
    return AtBatchSize(
        verdict=worst(comparison.verdict for comparison in comparisons),
        scale=common_scale(comparisons),
        relative_bias=max(comparison.relative_bias for comparison in comparisons),
        direction_error=max(comparison.direction_error for comparison in comparisons),
        batches=batches,
    )


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
