"""Results of checks made by hand, with the numbers of real ones: what is printed of them is to be read, too."""

import math
import types
from dataclasses import replace

import torch

from gradcheck.checking.result import (
    AtBatchSize,
    Attribution,
    AttributionRow,
    CheckResult,
    ConditionResult,
    Counterexample,
    Finding,
    Limit,
    ProbeResult,
    Searched,
    Tends,
)
from gradcheck.checking.verdict import Verdict

CODE = """\
from gradcheck import TabularGame, assert_unbiased

game = TabularGame(
    {
        0: {0: [(1, 1, 0, False)], 1: [(1, 1, 0, False)]},
        1: {0: [(1, "end", 0, True)], 1: [(1, "end", 1, True)]},
    },
    start=0,
    horizon=2,
)
assert_unbiased(my_loss, game, batch=1)
"""

IMMEDIATE_REWARD = Finding(
    "immediate_reward",
    "Each step is weighed with the reward that follows it alone, not with the sum of all later ones.",
    "The expected gradient of such a loss is that of yours on all 5 probes, up to a factor of 1 and an error of 2e-15.",
    "Use episodes.future_returns, or sum the rewards from each step to the end of its episode.",
)

CONDITIONS = ("complete_episodes", "discounted", "fixed_steps", "groups", "moved_parameters", "micro_batches")


STEPS = ((2, 0.021), (4, 0.0061), (8, 0.0014))
TURNS = Limit(Tends.RIGHT, "two_decisions", "N", STEPS, ((150, 3.1e-6), (1200, 4.8e-8)), 0.0, "1/N")
STAYS = Limit(Tends.WRONG, "two_decisions", "N", ((2, 0.13), (4, 0.13)), ((150, 0.13), (1200, 0.13)), 0.13, "")
OPEN = Limit(Tends.UNDECIDED, "two_decisions", "N", STEPS, ((150, 6e-4), (1200, 4e-4)), None, "")


def vector(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def probe(name, expected, true, variance, condition="complete_episodes"):
    """All numbers follow from the two gradients."""
    g, t = vector(*expected), vector(*true)
    c = float(g @ t / (t @ t))
    length = float(g.norm() * t.norm())
    bias = float((g - t).norm() / t.norm())
    direction = 1 - float(g @ t) / length if length else 1.0
    verdict = Verdict.UNBIASED if bias < 1e-9 else Verdict.PROPORTIONAL if direction < 1e-9 else Verdict.BIASED
    return ProbeResult(
        probe=name,
        condition=condition,
        verdict=verdict,
        reference="the expected return",
        names=tuple(f"weight[{i // 2}, {i % 2}]" for i in range(len(g))),
        expected_gradient=g,
        true_gradient=t,
        variance=vector(*variance),
        scale=c,
        relative_bias=bias,
        direction_error=max(direction, 0.0),
        batches=210,
    )


def result(
    probes,
    verdict,
    *,
    by_condition=None,
    notes=types.MappingProxyType({}),
    conditions=("complete_episodes",),
    exact=True,
    limit=None,
    **options,
):
    """A result about these probes, which are of the first condition."""
    by_condition = dict.fromkeys(CONDITIONS, verdict) if by_condition is None else by_condition
    names = by_condition if set(notes) <= set(by_condition) else CONDITIONS
    results = [
        ConditionResult(
            name,
            by_condition.get(name),
            tuple(probes) if name == conditions[0] else (),
            notes.get(name, ""),
            exact or name != conditions[0],
            5_124 if name == conditions[0] else 0,
            limit if name == conditions[0] else None,
        )
        for name in names
    ]
    made = CheckResult(
        name="my_loss",
        accept=Verdict.PROPORTIONAL,
        batch=4,
        conditions=conditions,
        results=tuple(results),
        by_batch_size={},
        findings=(),
        attribution=None,
        counterexample=None,
        searched=None,
        remarks=(),
        seconds=0.75,
        seed=0,
    )
    return replace(made, **options)


def changed(result, *, probes=None, by_condition=None, notes=None, batches=None, exact=None, **parts):
    """A result of which one part is another; what is derived is changed where it comes from."""
    of_probes = {name: parts.pop(name) for name in ("relative_bias", "direction_error", "scale") if name in parts}
    results = []
    for before in result.results:
        new = {}
        if before.condition in result.conditions:
            own = before.probes if probes is None else probes
            new["probes"] = tuple(replace(probe, **of_probes) for probe in own)
            new |= {} if batches is None else {"batches": batches}
            new |= {} if exact is None else {"exact": exact}
        elif by_condition is not None:
            new["verdict"] = by_condition.get(before.condition)
        new |= {} if notes is None else {"note": notes.get(before.condition, "")}
        results.append(replace(before, **new))
    return replace(result, results=tuple(results), **parts)


TRUE = {
    "three_arms": (1.08, -0.72, -0.36, 0.0),
    "two_decisions": (0.4375, -0.4375, 1.125, -1.125, -0.375, 0.375),
    "unequal_lengths": (-0.96, 0.96, 0.512, -0.512, 0.128, -0.128),
}
VARIANCE = {name: tuple(0.5 + abs(value) for value in true) for name, true in TRUE.items()}


def scaled(factors):
    return [
        probe(name, [factor * value for value in true], true, VARIANCE[name])
        for factor, (name, true) in zip(factors, TRUE.items())
    ]


def at(verdict, scale, bias, direction, batches):
    return AtBatchSize(verdict, scale, bias, direction, batches)


def unbiased():
    return result(
        scaled([1, 1, 1]),
        Verdict.UNBIASED,
        by_batch_size={n: at(Verdict.UNBIASED, 1.0, 3e-16, 0.0, 70 * n) for n in (1, 2, 4)},
    )


def proportional():
    return result(
        scaled([0.75, 0.75, 0.75]),
        Verdict.PROPORTIONAL,
        by_batch_size={
            1: at(Verdict.BIASED, None, 1.0, 1.0, 7),
            2: at(Verdict.PROPORTIONAL, 0.5, 0.5, 0.0, 28),
            4: at(Verdict.PROPORTIONAL, 0.75, 0.25, 0.0, 210),
        },
        by_condition=dict.fromkeys(CONDITIONS, Verdict.PROPORTIONAL) | {"fixed_steps": Verdict.CONSISTENT},
    )


def another_scale_on_each():
    return result(
        scaled([0.33, 0.5, 0.75]),
        Verdict.PROPORTIONAL,
        by_batch_size={n: at(Verdict.PROPORTIONAL, None, 0.67, 0.0, 70 * n) for n in (1, 2, 4)},
    )


def consistent():
    right, *wrong = scaled([1, 1, 1])
    wrong = [
        probe(
            one.probe,
            (one.true_gradient * 1.1 + vector(*[0.1, -0.1] * 3)).tolist(),
            one.true_gradient.tolist(),
            [1] * 6,
        )
        for one in wrong
    ]
    return result(
        [right, *wrong],
        Verdict.CONSISTENT,
        by_batch_size={
            1: at(Verdict.BIASED, None, 0.41, 0.052, 12),
            2: at(Verdict.BIASED, None, 0.24, 0.021, 78),
            4: at(Verdict.BIASED, None, 0.13, 0.0061, 1365),
        },
        findings=(
            Finding(
                "token_mean",
                "The loss is averaged over all steps of the batch, not over its episodes.",
                "The expected gradient of such a loss is that of yours on all 3 probes, up to a factor of 1.",
                "Divide by episodes.num_episodes, or by any other number that does not depend on the batch.",
            ),
        ),
        by_condition=dict.fromkeys(CONDITIONS, Verdict.CONSISTENT) | {"micro_batches": Verdict.BIASED},
        limit=TURNS,
    )


def biased():
    probes = [
        scaled([1, 1, 1])[0],
        probe(
            "two_decisions", (-0.25, 0.25, 1.125, -1.125, -0.375, 0.375), TRUE["two_decisions"], [2, 2, 1, 1, 0.5, 0.5]
        ),
        probe(
            "unequal_lengths", (-0.8, 0.8, 0.3, -0.3, 0.128, -0.128), TRUE["unequal_lengths"], [1, 1, 1, 1, 0.1, 0.1]
        ),
    ]
    return result(
        probes,
        Verdict.BIASED,
        by_batch_size={n: at(Verdict.BIASED, None, 0.548, 0.13, 70 * n) for n in (1, 2, 4)},
        findings=(IMMEDIATE_REWARD, replace(IMMEDIATE_REWARD, cause="rewards_so_far")),
        counterexample=Counterexample(CODE, "A game of two steps, in batches of one episode, each arm as likely."),
        by_condition={name: Verdict.BIASED for name in CONDITIONS if name != "groups"},
        notes={
            "fixed_steps": "Matches neither reference.",
            "groups": "Does not apply: the loss needs batches of at least 8 episodes.",
            "moved_parameters": "Matches neither reference.",
        },
        remarks=("The parameter “bias” is frozen, and left out.",),
        limit=STAYS,
    )


def searched():
    """Right on the battery after 20 seconds of searching."""
    return replace(unbiased(), searched=Searched(20.04, 1234, 56, 1, found=False))


def found_by_searching():
    """Wrong on a game that is none of the battery's, in larger batches than were asked for."""
    game = replace(biased().probes[1], probe="found by searching")
    description = (
        "The smallest game found by searching on which it fails: 2 actions, episodes of up to 2 steps, rewards 0 and "
        "1, a batch of 32."
    )
    return result(
        [*scaled([1, 1, 1]), game],
        Verdict.BIASED,
        by_batch_size={n: at(Verdict.UNBIASED, 1.0, 3e-16, 0.0, 70 * n) for n in (1, 2, 4)},
        findings=(
            Finding(
                "found_by_searching",
                "The loss passes on all the other probes, and fails on a game that was found by searching.",
                "There its expected gradient is 30° or 55% off.",
                "Run result.counterexample.code: what that game has and the others have not is what the loss gets "
                "wrong.",
            ),
        ),
        counterexample=Counterexample(CODE, description),
        searched=Searched(0.61, 57, 0, 0, found=True),
        by_condition={"complete_episodes": Verdict.BIASED},
    )


def two_mistakes():
    return replace(
        changed(biased(), notes={}),
        remarks=(),
        findings=(IMMEDIATE_REWARD, replace(IMMEDIATE_REWARD, cause="token_mean", also=("micro_batch_token_mean",))),
        attribution=Attribution(
            (
                AttributionRow((), 0.054),
                AttributionRow(("immediate_reward",), 0.033),
                AttributionRow(("token_mean",), 0.039),
                AttributionRow(("immediate_reward", "token_mean"), 0.0),
            )
        ),
    )


def zero():
    return result(
        [probe(name, [0.0] * len(true), true, [0.0] * len(true)) for name, true in TRUE.items()],
        Verdict.BIASED,
        findings=(
            Finding("zero_gradient", "The gradient is zero whatever was sampled.", "", "Keep the graph: no detach()."),
        ),
    )


def inconclusive():
    return result(
        scaled([1.02, 0.97, 1.05]),
        Verdict.INCONCLUSIVE,
        exact=False,
        batch=(2, 8),
        conditions=("groups", "complete_episodes"),
        by_condition={"groups": Verdict.INCONCLUSIVE, "complete_episodes": Verdict.UNBIASED},
    )


def undecided_limit():
    return result(
        [replace(one, verdict=Verdict.INCONCLUSIVE) for one in consistent().probes],
        Verdict.INCONCLUSIVE,
        by_condition=dict.fromkeys(CONDITIONS, Verdict.INCONCLUSIVE),
        limit=OPEN,
    )


def many_parameters():
    true = [math.sin(i) for i in range(40)]
    return result(
        [probe("game", [value + 0.01 * i for i, value in enumerate(true)], true, [1.0] * 40)],
        Verdict.BIASED,
        accept=Verdict.UNBIASED,
        by_condition={"complete_episodes": Verdict.BIASED},
    )


MADE = {
    made.__name__: made
    for made in (
        unbiased,
        proportional,
        another_scale_on_each,
        consistent,
        biased,
        searched,
        found_by_searching,
        two_mistakes,
        zero,
        inconclusive,
        undecided_limit,
        many_parameters,
    )
}
