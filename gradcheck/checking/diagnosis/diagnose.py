"""Why a loss is wrong: from what was observed to findings, and what each of several mistakes costs.

This module alone knows how the numbers come about; the rest of the package works on plain data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import torch
from torch import Tensor

from gradcheck.causes.catalogue import right_scores
from gradcheck.causes.component import Component, Feature
from gradcheck.checking.budgets import FEW_BATCHES, KEPT_GRADIENTS, KEPT_TABLES, MOST_BATCHES_OF_A_MISTAKE
from gradcheck.checking.case import Case, kept_with_case
from gradcheck.checking.comparison import Comparison, compare
from gradcheck.checking.conditions.registry import condition_named
from gradcheck.checking.conditions.true_gradients import of_the_return
from gradcheck.checking.diagnosis.attribution import attribution
from gradcheck.checking.diagnosis.evidence import ExaminedCase, SmallCase, tolerance_of
from gradcheck.checking.diagnosis.explain import explain
from gradcheck.checking.diagnosis.hypothesis import Hypothesis
from gradcheck.checking.diagnosis.locate import locate
from gradcheck.checking.diagnosis.mistake_table import MistakeTable
from gradcheck.checking.diagnosis.scale import only_scaled, zero
from gradcheck.checking.directions import directions
from gradcheck.checking.estimate import GradientEstimate, length
from gradcheck.checking.expectation.audit import audited
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.shared_critic import ThroughValues
from gradcheck.checking.failure import LossFailed, loss_failed
from gradcheck.checking.judgement import CaseResult, Judgement
from gradcheck.checking.probes.subjects import Battery
from gradcheck.checking.question import Question
from gradcheck.checking.result import Attribution, Finding
from gradcheck.checking.tolerances import LEAST_EXPLAINED, LEAST_SQUARED
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.collectors.groups import Groups
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import Loss
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.rationals import as_rational
from gradcheck.tree.user_code import user_code

DISCRIMINATING_PROBES = ("unequal_lengths", "chance")  # on which few mistakes look alike
PROBES_OF_RATIOS = ("near_ratios", "far_ratios")  # on which few clips do


@final
@dataclass(frozen=True)
class Diagnosis:
    """Why a loss is wrong.

    Attributes:
        findings: what explains the numbers; where two or more mistakes do so together, one for each.
        attribution: what each of several mistakes costs; None where fewer than two were found.
    """

    findings: tuple[Finding, ...]
    attribution: Attribution | None = None


def diagnose(question: Question, judgements: Sequence[Judgement]) -> Diagnosis:
    """Name what explains the numbers under every condition that was asked for."""
    found: dict[str, Finding] = {}
    costs: Attribution | None = None
    for judgement in judgements:
        if judgement.verdict is not Verdict.UNBIASED:
            one = diagnose_condition(question, judgement.cases)
            costs = costs or one.attribution
            for finding in one.findings:
                found.setdefault(finding.cause, finding)
    return Diagnosis(tuple(found.values()), costs)


def diagnose_condition(question: Question, results: Sequence[CaseResult]) -> Diagnosis:
    """Name what explains the numbers under one condition, the simplest explanation first.

    Args:
        question: what was asked.
        results: the loss on each case.
    """
    findings = tuple(_OF_CRITIC[one.through_values] for one in results if one.through_values in _OF_CRITIC)
    results = [one for one in results if one.through_values not in _OF_CRITIC]
    if findings and all(one.comparison.verdict.at_least(Verdict.PROPORTIONAL) for one in results):
        return Diagnosis(findings)
    found = _of_the_actor(question, results)
    return replace(found, findings=(*found.findings, *findings))


#: What is said of a critic on the actor's layers.
_OF_CRITIC = {
    ThroughValues.OF_THE_ACTOR: Finding(
        "advantage_not_detached",
        "The advantage is not detached: the actor's loss changes the critic's values, and the layers they share.",
        "What flows through the values changes with the actor's logits, where the values stay as they are.",
        "Detach the values in the advantage: future_returns - values.detach().",
    ),
    ThroughValues.AWAY: Finding(
        "value_loss_of_wrong_sign",
        "The value loss leads the critic's values away from the returns, through the layers it shares with the actor.",
        "What flows through the values has the opposite direction of the gradient of their squared error.",
        "Add the squared error of the values to what is minimised.",
    ),
}


def _of_the_actor(question: Question, results: Sequence[CaseResult]) -> Diagnosis:
    """The same without what a critic does."""
    scaled = all(one.comparison.verdict is not Verdict.BIASED for one in results)
    cases = tuple(map(_examined, results))
    sizes = [result.estimate.magnitude for result in results if result.estimate.magnitude]
    if any(not LEAST_SQUARED**0.5 < size < LEAST_SQUARED**-0.5 for size in sizes):
        return Diagnosis((_OUT_OF_RANGE,))
    if all(_is_hardly_off(case) for case in cases):
        return Diagnosis((replace(_HARDLY_OFF, evidence=locate(cases, tried=False).evidence if not scaled else ""),))
    if not scaled and _climbs_the_return_instead(results):
        return Diagnosis((_OBJECTIVE_IGNORED,))
    if not scaled and _is_right_by_the_other_reference(results):
        alone = "Its exact expected gradient is parallel to that on every probe, to rounding."
        return Diagnosis((_by_the_other_reference(results[0].case, alone),))
    small = _small_cases(question, results)
    found = explain(_readings(cases), small, scaled=scaled, terms_only=not _is_the_return(results))
    if found is None:
        return Diagnosis((only_scaled(cases) if scaled else zero(cases) or locate(cases, tried=bool(small)),))
    if not question.subject.is_battery and _works_on_its_game_alone(small, cases):
        amounts = len(found.hypothesis.parts) + (not scaled)  # and the length, where it is not known
        free = sum(directions(case.case, amounts + 1) for case in cases)
        if free <= amounts:
            return Diagnosis((only_scaled(cases) if scaled else locate(cases, tried=True, too_few=free),))
    several = len(found.hypothesis.parts) > 1 and not results[0].case.condition.compares_with_itself
    costs = attribution(found.hypothesis, found.fit.amounts, found.cases) if several else None
    if not scaled and _rests_on_the_other_reference(found.hypothesis, results[0].case):
        besides = "With what else is found mended, its exact expected gradient is parallel to that."
        return Diagnosis((*found.findings, _by_the_other_reference(results[0].case, besides)), costs)
    return Diagnosis(found.findings, costs)


_OUT_OF_RANGE = Finding(
    "unexplained",
    "The gradients of the loss are so large or so small that they cannot be compared with those of known mistakes.",
    "",
    "Divide the loss by a constant of the size of its gradients.",
)

_HARDLY_OFF = Finding(
    "unexplained",
    "The loss is off by so little that it cannot be compared with known mistakes.",
    "",
    "Look for a small ε, in a logarithm or a denominator, and for numbers of few digits.",
)

_OBJECTIVE_IGNORED = Finding(
    "objective_ignored",
    "The loss climbs the expected return: what the objective adds to it has no part in the loss.",
    "The exact expected gradient of the loss is parallel to that of the expected return on every probe, to rounding.",
    "Put what the objective adds into the loss, or check it without objective=.",
)


def _works_on_its_game_alone(small: Sequence[SmallCase], cases: Sequence[ExaminedCase]) -> bool:
    """Whether mistakes were told apart on the game that was given, and not on the battery."""
    return {one.case for one in small} <= {one.case for one in cases}


def _by_the_other_reference(case: Case, evidence: str) -> Finding:
    """The finding for a loss that is right by the reference that was not asked for."""
    if case.reference == "return":
        return Finding(
            "stepwise_surrogate",
            "Steps are importance-weighted one by one: the loss climbs that surrogate, not the expected return where "
            "the parameters are.",
            evidence,
            "Weigh every step with the ratio of its whole episode; or judge the loss by its own aim: "
            'reference="stepwise".',
        )
    return Finding(
        "whole_episodes_weighted",
        "Whole episodes are importance-weighted: the loss climbs the expected return where the parameters are, not the "
        "surrogate whose steps are weighted one by one.",
        evidence,
        'Weigh every step with its own ratio; or judge the loss by its own aim: reference="return".',
    )


def _is_right_by_the_other_reference(results: Sequence[CaseResult]) -> bool:
    """Whether the loss has the gradient that would be true by the reference that was not asked for."""
    others = [result.expected.compare_with_the_other(result.size) for result in results]
    return all(other is not None and other.verdict.at_least(Verdict.PROPORTIONAL) for other in others)


def _rests_on_the_other_reference(hypothesis: Hypothesis, case: Case) -> bool:
    """Whether with every mistake mended the loss would be right by the other reference alone."""
    if case.condition.compares_with_itself:
        return False
    replaced = any(Component.SCORE in part.form.takes for part in hypothesis.replacements)
    right = right_scores(features_of(case))[0]
    return case.off_policy and not replaced and bool(hypothesis.right) and hypothesis.right[0] is not right


def _is_hardly_off(case: ExaminedCase) -> bool:
    """Whether g is so close to t that a mistake with about the same gradient would seem to explain it."""
    limit = max(LEAST_EXPLAINED, 10 * case.tolerances.comparison)
    return length(case.estimate.mean - case.comparison.truth) <= limit * max(case.estimate.term_size, 1e-300)


def _climbs_the_return_instead(results: Sequence[CaseResult]) -> bool:
    """Whether the loss is right for the return, where it was held against another objective."""
    return results[0].case.objective is not None and all(
        _compared_with_the_return(result.estimate, result).verdict.at_least(Verdict.PROPORTIONAL) for result in results
    )


def _is_the_return(results: Sequence[CaseResult]) -> bool:
    """Whether what counts as true has the direction of the gradient of the return."""
    if results[0].case.objective is None:
        return True
    truths = [replace(result.estimate, mean=result.comparison.truth) for result in results]
    return all(
        _compared_with_the_return(truth, result).verdict.at_least(Verdict.PROPORTIONAL)
        for truth, result in zip(truths, results, strict=True)
    )


def _compared_with_the_return(estimate: GradientEstimate, result: CaseResult) -> Comparison:
    return compare(estimate, [of_the_return(result.case)], result.expected.gradient.tolerances)


def features_of(case: Case) -> frozenset[Feature]:
    """What the case has."""
    with torch.no_grad(), user_code(loss_failed):
        answer = case.policy(case.collector.all_episodes.episodes.observations)
    has = {
        Feature.DISCOUNT: case.tree.game.discount != 1,
        Feature.OFF_POLICY: case.off_policy,
        Feature.STEPWISE: case.off_policy and case.reference == "stepwise",
        # Of one group, the whole batch is the group: mistakes across groups are none.
        Feature.GROUPS: isinstance(case.collector, Groups) and case.collector.groups > 1,
        Feature.CUT: case.condition.cuts_episodes,
        Feature.CRITIC: isinstance(answer, tuple),
        Feature.ILLEGAL: not case.tree.legal_actions.all(),
    }
    return frozenset(feature for feature, present in has.items() if present)


def _examined(result: CaseResult) -> ExaminedCase:
    case, expected, comparison = result.case, result.expected, result.comparison

    def of_loss(size: int) -> GradientEstimate | None:
        try:
            return expected.at(size)
        except (LossFailed, InvalidArgument):  # a size that was not asked for
            return None

    def truth(size: int) -> Tensor:
        if size == result.size or not case.condition.truth_depends_on_size:
            return comparison.truth
        return next(one.gradient for one in expected.true_gradients(size) if one.words == comparison.reference)

    return ExaminedCase(
        case=case,
        size=result.size,
        estimate=result.estimate,
        comparison=comparison,
        tolerances=expected.gradient.tolerances,
        of_loss=of_loss,
        expected=lambda loss, size: _expected(case, loss, size, max(MOST_BATCHES_OF_A_MISTAKE, expected.count(size))),
        truth=truth,
        small=case.condition.small_size(result.size),
        grows=case.condition.has_other_sizes or case.condition.cuts_episodes,
    )


def _readings(cases: tuple[ExaminedCase, ...]) -> list[tuple[ExaminedCase, ...]]:
    """The cases as they are; and as if all starts were one, where a batch has several starts and yet no groups.

    What a mistake does to a group, a loss may do there to all episodes, or to those from one start.
    """

    def one_group(examined: ExaminedCase) -> ExaminedCase:
        several = examined.case.tree.num_roots > 1 and not examined.case.collector.in_groups
        if not several:
            return examined
        return replace(examined, expected=lambda loss, size: examined.expected(_OneGroup(loss), size))

    other = tuple(map(one_group, cases))
    return [cases] if all(a is b for a, b in zip(cases, other, strict=True)) else [other, cases]


@final
@dataclass(frozen=True)
class _OneGroup:
    """A loss to which all episodes come from one start."""

    loss: Loss

    def __call__(self, policy: Any, episodes: Episodes) -> Any:
        return self.loss(policy, replace(episodes, group_index=torch.zeros_like(episodes.group_index)))


@kept_with_case(maxsize=KEPT_GRADIENTS)
def _expected(case: Case, loss: Loss, size: int, most: int) -> GradientEstimate | None:
    """Of another loss; for cases of the battery once for all the losses that are checked on it."""
    try:
        one = ExpectedGradient(loss, case, size=size, max_batches=most, sequences=False)
        with audited(one.gradient, one.random_batch):
            return one.at(size)
    except (LossFailed, InvalidArgument):
        return None


@kept_with_case(maxsize=KEPT_TABLES)
def _table(case: Case, size: int, ordered: bool) -> MistakeTable:
    batches = case.collector.batches(size, ordered=ordered)
    return MistakeTable(case.policy, tuple(case.parameters.values()), batches, features_of(case))


def _small_cases(question: Question, results: Sequence[CaseResult]) -> tuple[SmallCase, ...]:
    """Where the known mistakes are told apart: on a few probes of the battery, whose gradients are known beforehand.

    A loss that is wrong on rough probes alone is told apart on those.
    A loss that was checked on a game of its own plays the battery for this, under the same condition; where it cannot,
    its own game will do if it is small. Nothing at all, where it is not.
    """
    first = results[0]
    size = first.case.condition.small_size(first.size)
    if question.subject.is_battery:
        few = sorted(_where_it_shows(results), key=lambda one: one.case.name not in DISCRIMINATING_PROBES)[:2]
        # Clips look alike but for a few ratios, and then thousands of hypotheses have to be worked out at full size.
        few += [one for one in results if one.case.name in PROBES_OF_RATIOS and one not in few]
        try:
            return tuple(_small(one.expected, size) for one in few)
        except (LossFailed, InvalidArgument):  # a loss may need more episodes than a small batch has
            return ()
    condition = condition_named(first.case.condition.on_the_battery(first.case))
    options = replace(question.options, discount=as_rational(first.case.tree.game.discount))
    try:
        cases = [case for case in condition.cases(Battery(options.seed, "logits"), options) if not case.rough]
        few = sorted(cases, key=lambda one: one.name not in DISCRIMINATING_PROBES)[:2]
        found = []
        for case in few:
            most, rate = options.max_batches, options.learning_rate
            one = ExpectedGradient(question.loss, case, size=first.size, max_batches=most, learning_rate=rate)
            with audited(one.gradient, one.random_batch):
                found.append(_small(one, size))
        return tuple(found)
    except (LossFailed, InvalidArgument):  # a loss, or an objective, may be made for its own game alone
        few_enough = first.case.collector.count(size, ordered=True) <= FEW_BATCHES
        return (_small(first.expected, size),) if few_enough else ()


def _where_it_shows(results: Sequence[CaseResult]) -> list[CaseResult]:
    """The probes on which mistakes are told apart; rough ones instead, where the loss is wrong on no other."""
    plain = [one for one in results if not one.case.rough]
    wrong = [one for one in results if one.comparison.verdict is Verdict.BIASED]
    rough = wrong and all(one.case.rough for one in wrong)
    return sorted(wrong, key=lambda one: one.case.tree.num_roots) if rough else plain


def _small(expected: ExpectedGradient, size: int) -> SmallCase:
    case, found = expected.case, expected.whole(size)
    truths = tuple(one.gradient for one in expected.true_gradients(size))
    return SmallCase(
        case=case,
        mean=found.mean,
        truths=truths,
        tolerance=tolerance_of(found, truths[0], expected.gradient.tolerances),
        table=_table(case, size, not case.collector.in_groups or expected.order_matters),
    )
