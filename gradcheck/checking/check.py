"""``check``: is minus the expected gradient of this loss the gradient of the expected return?"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

from gradcheck.checking.budgets import MOST_BATCHES_UNASKED
from gradcheck.checking.by_batch_size import by_batch_size, worse_at
from gradcheck.checking.case import NotApplicable
from gradcheck.checking.conditions.registry import CONDITIONS, condition_named
from gradcheck.checking.counterexample.smallest import smallest_failure
from gradcheck.checking.diagnosis.diagnose import Diagnosis, diagnose
from gradcheck.checking.directions import one_direction_at_most
from gradcheck.checking.expectation.loss_gradient import AnyLoss, name_of
from gradcheck.checking.expectation.randomness import kept_generators
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judge import judge
from gradcheck.checking.judgement import Judgement
from gradcheck.checking.limit.sizes import sizes_in_code
from gradcheck.checking.options import CheckOptionsDict
from gradcheck.checking.probes.extent import extent
from gradcheck.checking.question import Question, read_question
from gradcheck.checking.result import AtBatchSize, CheckResult, ConditionResult, Counterexample
from gradcheck.checking.rounding_remarks import rounding_remarks
from gradcheck.checking.search.search import Failure, search
from gradcheck.checking.signature import takes_options
from gradcheck.checking.tolerances import CONFIDENCE, FALSE_ALARM, SAMPLED_TOLERANCE
from gradcheck.checking.verdict import Verdict, worst
from gradcheck.document.numbers import listed
from gradcheck.estimators.threads import one_thread
from gradcheck.tree.errors import InvalidArgument, invalid, shown


@takes_options
@one_thread()
@kept_generators()
def check(loss: AnyLoss, game: Any = None, policy: Any = None, **options: Unpack[CheckOptionsDict]) -> CheckResult:
    r"""Decide whether minus the expected gradient of a loss is the gradient of the expected return, exactly.

    Let g = −E[∇θ loss] over batches and t = ∇θ J, with J the expected discounted return. The verdict is *unbiased* if
    g = t, *proportional* if g = c·t with c > 0 on every game and policy tried, *consistent* if the direction of g tends
    to that of t as batches grow, and else *biased*. All batches are enumerated with their probabilities: nothing is
    sampled, and there are no false alarms but rounding.

    Args:
        loss: ``loss(policy, episodes)``, a scalar tensor to minimise; or a function that calls ``backward`` itself; or
            ``update(policy, episodes, optimizer)``, which steps the plain SGD it is given.
        game: a finite game, or its tree. Without one, a battery of small probe games is used.
        policy: with a game, an ``nn.Module`` (observations [T, D] to logits [T, A], a ``Categorical``, or a tuple that
            begins with either), a table, or a function ``policy(observation_size, num_actions)`` that makes a module;
            without, such a function, or what the battery's policies return: "logits", "categorical" or
            "logits_and_value".
    {options}

    Returns:
        The result; it is true when the verdict is at least ``accept``, and printing it is the report.

    Raises:
        InvalidArgument: if an argument cannot be used, or no verdict can be about the loss: it draws random numbers,
            keeps something between calls, changes its episodes, has no gradient or is not finite.

    >>> from gradcheck import estimators
    >>> str(check(estimators.log_prob).verdict)
    'unbiased'

    Reference:
        Williams (1992), *Simple statistical gradient-following algorithms*, theorem 1, asked of any loss.
    """
    try:
        return _check(read_question(loss, game, policy, **options))
    except LossFailed as failure:
        raise failure.error from failure.error.__cause__  # the loss's own error, as it raised it


def _check(question: Question) -> CheckResult:
    began = time.perf_counter()
    asked = [_asked(question, name) for name in question.options.conditions]
    sizes = by_batch_size(asked[0], sizes_in_code(question.loss))
    worse = worse_at(sizes, asked[0].cases[0].size)
    beside = question
    if worse and not question.names_a_size:
        larger = replace(question, options=replace(question.options, batch=worse[0]))
        there = [_asked(larger, name, small_cases_only=True) for name in question.options.conditions]
        if all(judgement.cases for judgement in there):  # order may matter at that size, and so batches be too many
            question, asked = larger, there
    remarks = _about_larger_sizes(beside, sizes, worse, judged_there=question is not beside)
    verdict = worst(judgement.verdict for judgement in asked)
    passed, exact = verdict.at_least(question.options.accept), all(judgement.exact for judgement in asked)
    searched, failure = search(question) if question.options.search and passed and exact else (None, None)
    at_best = worst(judgement.at_best for judgement in asked)
    wrong = not at_best.at_least(Verdict.UNBIASED)
    explained = failure is None and exact and wrong
    diagnosis = diagnose(question, asked) if explained else None
    results = {judgement.condition.name: judgement.result for judgement in asked}
    if failure is not None:
        diagnosis = Diagnosis((failure.finding,))
        results[failure.condition] = failure.added_to(results[failure.condition])
    if question.options.all_conditions:
        results |= {name: _beside(beside, name) for name in CONDITIONS if name not in results}
    return CheckResult(
        name=name_of(question.loss),
        accept=question.options.accept,
        batch=question.options.batch,
        conditions=question.options.conditions,
        results=tuple(results[name] for name in dict.fromkeys((*CONDITIONS, *results)) if name in results),
        by_batch_size=sizes,
        findings=() if diagnosis is None else diagnosis.findings,
        attribution=None if diagnosis is None else diagnosis.attribution,
        counterexample=_counterexample(question, failure, at_best, exact=exact),
        searched=searched,
        remarks=(*remarks, *_remarks(asked)),
        seconds=time.perf_counter() - began,
        seed=question.options.seed,
        battery=extent([result.case for judgement in asked for result in judgement.cases])
        if question.subject.is_battery
        else "",
    )


def _asked(question: Question, name: str, *, small_cases_only: bool = False) -> Judgement:
    max_batches = question.options.max_batches
    try:
        return judge(question, condition_named(name), max_batches=max_batches, small_cases_only=small_cases_only)
    except NotApplicable as reason:
        raise invalid("conditions that apply", "conditions", name, str(reason)) from None


def _about_larger_sizes(
    question: Question, sizes: Mapping[int, AtBatchSize], worse: tuple[int, ...], *, judged_there: bool
) -> tuple[str, ...]:
    """What is worse at a larger size is judged there, unless a size was asked for: then it is said."""
    if not worse:
        return ()
    if not judged_there:
        by_verdict: dict[Verdict, list[int]] = {}
        for size in worse:
            by_verdict.setdefault(sizes[size].verdict, []).append(size)
        return tuple(
            f"At batch size{'s' if len(those) > 1 else ''} {listed(those)} it is {verdict}."
            for verdict, those in by_verdict.items()
        )
    default, size = question.options.batch, worse[0]
    here, there = (sizes[one].verdict for one in (question.options.num_episodes, size))
    return (f"Judged at batch size {size}, where it is {there}; at {default}, the default, it is {here}.",)


def _beside(question: Question, name: str) -> ConditionResult:
    """A condition that was not asked for; what goes wrong there is said, and decides nothing."""
    max_batches = min(question.options.max_batches, MOST_BATCHES_UNASKED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return judge(question, CONDITIONS[name], max_batches=max_batches, beside=True).result
    except NotApplicable as reason:
        return ConditionResult(name, None, note=f"Does not apply: {reason}")
    except (LossFailed, InvalidArgument) as failure:
        error = failure.error if isinstance(failure, LossFailed) else failure
        return ConditionResult(name, None, note=f"Does not apply: {type(error).__name__}: {shown(error, str)}")


def _counterexample(
    question: Question, failure: Failure | None, at_best: Verdict, *, exact: bool
) -> Counterexample | None:
    if failure is not None:
        return failure.counterexample
    failed = not at_best.at_least(question.options.accept)
    return smallest_failure(question) if question.options.counterexample and exact and failed else None


def _remarks(asked: list[Judgement]) -> tuple[str, ...]:
    results = [result for judgement in asked for result in judgement.cases]
    found = [remark for result in results for remark in result.case.remarks]
    found += [one_direction_at_most(result.case for result in judgement.cases) for judgement in asked]
    found += rounding_remarks(results)
    assumptions = {result.estimate.assumption for result in results}
    found += [
        f"Sampled, not enumerated: what passes is within {SAMPLED_TOLERANCE:.0%} of the largest coordinate of the "
        f"true gradient, with a confidence of {CONFIDENCE:g}; what fails is wrong but for a probability of "
        f"{FALSE_ALARM:.0e}. Both as long as {assumption}."
        for assumption in sorted(filter(None, assumptions))
    ]
    return tuple(dict.fromkeys(filter(None, found)))
