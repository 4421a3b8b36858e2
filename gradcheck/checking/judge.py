"""A question and a condition → the verdict under it, with every number that it rests on."""

from __future__ import annotations

import warnings
from dataclasses import replace

from gradcheck.checking.budgets import (
    MOST_BATCHES_OF_A_ROUGH_PROBE,
)
from gradcheck.checking.by_batch_size import is_small
from gradcheck.checking.case import Case, Condition
from gradcheck.checking.expectation.audit import audited
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.loss_gradient import AnyLoss
from gradcheck.checking.expectation.sampled import are_too_many, draws_numbers, must_be_sampled, sampled
from gradcheck.checking.expectation.shared_critic import ThroughValues, apart_from_critic, shares_layers
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.in_float64 import case_in_float64, loss_in_float64
from gradcheck.checking.judgement import CaseResult, Judgement
from gradcheck.checking.limit.large_batch_limit import large_batch_limit
from gradcheck.checking.limit.sizes import LARGEST_NUMBER, sizes_in_code
from gradcheck.checking.question import Question
from gradcheck.checking.result import Limit, Tends
from gradcheck.checking.verdict import Verdict, worst
from gradcheck.tree.errors import InvalidArgument, shown

_CANNOT_BE_ENUMERATED = f"its batches are more than {MOST_BATCHES_OF_A_ROUGH_PROBE:,}, or the loss is random"

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
        beside: whether the condition was not asked for: then it is tried on few rough probes, and a loss that is
            evaluated batch by batch, which takes long, on none.

    Raises:
        NotApplicable: if the condition says nothing here.
        InvalidArgument: if no verdict can be about the loss.
        LossFailed: if the loss raises.
    """
    cases = condition.cases(question.subject, question.options, beside=beside)
    results: list[CaseResult] = []
    left_out: dict[str, str] = {}
    for case in cases:
        if case.rough and beside and results and not results[-1].expected.gradient.vectorised:
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
    if not results:  # all have many batches
        return Judgement(condition, Verdict.INCONCLUSIVE, (), condition.remark(question.options), left_out=left_out)
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
    if small_only and not is_small(expected, expected.size):
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
    numbers = sizes_in_code(question.loss, most=LARGEST_NUMBER)
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
