"""What is not decided outweighs what failed, and limits are counted before they are listed."""

import pytest
import torch

from gradcheck import TabularGame, TabularPolicy, estimators, unroll
from gradcheck.checking.case import make_case
from gradcheck.checking.comparison import Comparison, best_comparison
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.expectation.large_batch_limit import _at
from gradcheck.checking.probes.subjects import Play
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.collectors.complete_episodes import CompleteEpisodes


def comparison(verdict):
    return Comparison(verdict, "some", torch.zeros(1), 1.0, 0.0, 0.0)


@pytest.mark.parametrize("verdicts", [("biased", "inconclusive"), ("inconclusive", "biased")])
def test_one_reference_that_fails_is_no_bias_while_another_is_not_decided(verdicts):
    assert best_comparison([comparison(Verdict(name)) for name in verdicts]).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("other", ["biased", "inconclusive"])
def test_control_one_reference_that_is_met_suffices(other):
    found = [comparison(Verdict(other)), comparison(Verdict.PROPORTIONAL)]
    assert best_comparison(found).verdict is best_comparison(found[::-1]).verdict is Verdict.PROPORTIONAL


def expected_gradient(arms):
    tree = unroll(TabularGame({"s": {a: [(1, "e", a, True)] for a in range(arms)}}, "s", 1))
    policy = TabularPolicy(tree)
    collector = CompleteEpisodes(tree, policy)
    case = make_case(CONDITIONS["complete_episodes"], Play("game", tree, policy), collector)
    return ExpectedGradient(estimators.log_prob, case, size=2, max_batches=10)


def test_batches_that_would_fill_the_memory_are_counted_first():
    with pytest.raises(OverflowError):
        _at(expected_gradient(2_000), 3)


def test_control_few_are_listed():
    assert _at(expected_gradient(3), 2).shape == (3,)
