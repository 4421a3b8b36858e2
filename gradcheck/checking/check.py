"""``check``: is minus the expected gradient of this loss the gradient of the expected return?"""

from __future__ import annotations

import time
import warnings
from typing import Any

import torch

from gradcheck.checking.conditions.base import CONDITIONS, NotApplicable
from gradcheck.checking.counterexample.smallest import smallest_failure
from gradcheck.checking.diagnosis.diagnose import findings_of
from gradcheck.checking.expectation.loss_gradient import AnyLoss, name_of
from gradcheck.checking.expectation.randomness import kept_generators
from gradcheck.checking.expectation.sampled import CONFIDENCE, FALSE_ALARM, TOLERANCE
from gradcheck.checking.judge import Judgement, by_batch_size, common_scale, judge
from gradcheck.checking.options import Request, read_request
from gradcheck.checking.result import CheckResult, Finding
from gradcheck.checking.verdict import Verdict, worst
from gradcheck.estimators.threads import one_thread
from gradcheck.tree.errors import invalid, shown

_MOST_BATCHES = 200_000  # a loop takes a minute for them, a vectorised loss three seconds
_MOST_BESIDE = 2_000  # in a setting of a condition that was not asked for


@one_thread()
@kept_generators()
def check(
    loss: AnyLoss,
    game: Any = None,
    policy: Any = None,
    *,
    batch: int | tuple[int, int] = 4,
    accept: str = "proportional",
    conditions: Any = None,
    collect: str | None = None,
    objective: Any = None,
    behaviour: Any = None,
    discount: Any = "1/2",
    learning_rate: float | None = None,
    counterexample: bool = True,
    all_conditions: bool = True,
    max_batches: int = _MOST_BATCHES,
    draws: int | None = None,
    seed: int = 0,
) -> CheckResult:
    r"""Reference: Williams (1992), *Simple statistical gradient-following algorithms*, theorem 1, asked of any loss.

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
        batch: the number N of episodes (of steps, in a buffer of fixed size); (k, g) for k groups of g episodes.
        accept: the least verdict that passes: "unbiased", "proportional" or "consistent".
        conditions: those that decide the verdict, among "complete_episodes" (the default), "discounted",
            "fixed_steps", "groups", "moved_parameters", "micro_batches" and "illegal_actions". The others are tried as
            well and reported in ``by_condition``.
        collect: "episodes", "steps" or "groups", a shorter way to name one of the conditions.
        objective: ``objective(policy, episode)``, what an episode is worth, where that is not its discounted return;
            see ``gradcheck.objectives``.
        behaviour: the policy that samples, where it is not the one that is optimised; needs a game.
        discount: of the probes under "discounted".
        learning_rate: of an optimiser that the loss makes and steps itself.
        counterexample: whether to look for the smallest game on which the loss fails, if it fails.
        all_conditions: whether the conditions that do not decide the verdict are tried as well.
        max_batches: the most batches that are enumerated for one game at one size.
        draws: the most batches that are sampled for one game, where they cannot be enumerated: there are more than
            ``max_batches``, or the loss draws random numbers. As long as no batch has a gradient beyond twice the
            range of those in a pilot, a right loss is then called wrong with probability 1e-6 at most, and one that is
            called right is within a tenth of the largest coordinate, with a confidence of 0.999. None, the default,
            refuses such losses.
        seed: of the battery's rewards and probabilities.

    Returns:
        The result; it is true when the verdict is at least ``accept``, and printing it is the report.

    Raises:
        InvalidArgument: if an argument cannot be used, or no verdict can be about the loss: it draws random numbers,
            keeps something between calls, changes its episodes, has no gradient or is not finite.

    >>> from gradcheck import estimators
    >>> str(check(estimators.log_prob).verdict)
    'unbiased'
    """
    began = time.perf_counter()
    request = read_request(
        loss,
        game,
        policy,
        batch=batch,
        accept=accept,
        conditions=conditions,
        collect=collect,
        objective=objective,
        behaviour=behaviour,
        discount=discount,
        learning_rate=learning_rate,
        max_batches=max_batches,
        draws=draws,
        seed=seed,
    )
    asked = _asked(request)
    verdict = worst(tuple(one.verdict for one in asked))
    by_condition = {one.condition: one.verdict for one in asked}
    notes = {one.condition: one.note for one in asked if one.note}
    others = _beside(request, by_condition, notes) if all_conditions else []
    passed = verdict.at_least(request.accept)
    exact = all(one.exact for one in asked)
    findings = _findings(request, asked) if exact and verdict is not Verdict.UNBIASED else ()
    found = None if passed or not counterexample or not exact else smallest_failure(request)
    observed = [one for judgement in asked for one in judgement.observed]
    comparisons = [one.comparison for one in observed]
    probes = tuple(probe for judgement in asked for probe in judgement.on_probes)
    return CheckResult(
        name=name_of(loss),
        verdict=verdict,
        accept=request.accept,
        expected_gradient=torch.cat([one.expected_gradient for one in probes]),
        true_gradient=torch.cat([one.true_gradient for one in probes]),
        variance=torch.cat([one.variance for one in probes]),
        scale=common_scale(comparisons),
        relative_bias=max(one.relative_bias for one in comparisons),
        direction_error=max(one.direction_error for one in comparisons),
        batch=request.batch,
        by_batch_size=by_batch_size(asked[0]),
        exact=exact,
        confidence=1.0 if exact else _confidence(verdict),
        findings=findings,
        counterexample=found,
        by_condition={name: by_condition[name] for name in CONDITIONS if name in by_condition},
        notes={name: notes[name] for name in CONDITIONS if name in notes},
        conditions=request.conditions,
        probes=probes,
        remarks=_remarks(asked),
        batches=sum(one.batches for one in (*asked, *others)),
        seconds=time.perf_counter() - began,
        seed=request.seed,
    )


def _asked(request: Request) -> tuple[Judgement, ...]:
    found = []
    for condition in request.conditions:
        try:
            found.append(judge(request, condition, most=request.max_batches))
        except NotApplicable as reason:
            raise invalid("conditions that apply", "conditions", condition, str(reason)) from None
    return tuple(found)


def _beside(request: Request, by_condition: dict[str, Verdict], notes: dict[str, str]) -> list[Judgement]:
    """The conditions that were not asked for; what goes wrong there is said, and decides nothing."""
    found = []
    for condition in CONDITIONS:
        if condition in by_condition:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of conditions that no one asked for
                one = judge(request, condition, most=min(request.max_batches, _MOST_BESIDE))
        except NotApplicable as reason:
            notes[condition] = f"Does not apply: {reason}"
        except Exception as error:  # whatever a loss does where it was not asked to work
            notes[condition] = f"Does not apply: {type(error).__name__}: {shown(error, str)}"
        else:
            found.append(one)
            by_condition[condition] = one.verdict
            if one.note:
                notes[condition] = one.note
    return found


def _findings(request: Request, asked: tuple[Judgement, ...]) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for judgement in asked:
        if judgement.verdict is not Verdict.UNBIASED:
            for finding in findings_of(request, judgement.observed):
                found.setdefault(finding.cause, finding)
    return tuple(found.values())


def _confidence(verdict: Verdict) -> float:
    """With which a sampled verdict is right; what is not decided claims nothing."""
    if verdict is Verdict.INCONCLUSIVE:
        return 0.0
    return CONFIDENCE if verdict.at_least(Verdict.CONSISTENT) else 1 - FALSE_ALARM


def _remarks(asked: tuple[Judgement, ...]) -> tuple[str, ...]:
    found = [remark for judgement in asked for one in judgement.observed for remark in one.examination.remarks]
    if not all(judgement.exact for judgement in asked):
        found.append(
            f"Sampled, not enumerated: what passes is within {TOLERANCE:.0%} of the largest coordinate of the true "
            f"gradient, with a confidence of {CONFIDENCE:g}; what fails is wrong but for a probability of "
            f"{FALSE_ALARM:.0e}. Both as long as no gradient lies beyond twice the range of those in a pilot."
        )
    return tuple(dict.fromkeys(found))
