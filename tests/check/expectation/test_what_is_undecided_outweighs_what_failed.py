"""What is not decided outweighs what failed."""

import pytest
import torch

from gradcheck.checking.comparison import Comparison, best_comparison
from gradcheck.checking.verdict import Verdict


def comparison(verdict):
    return Comparison(verdict, "some", torch.zeros(1), 1.0, 0.0, 0.0)


@pytest.mark.parametrize("verdicts", [("biased", "inconclusive"), ("inconclusive", "biased")])
def test_one_reference_that_fails_is_no_bias_while_another_is_not_decided(verdicts):
    assert best_comparison([comparison(Verdict(name)) for name in verdicts]).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("other", ["biased", "inconclusive"])
def test_control_one_reference_that_is_met_suffices(other):
    found = [comparison(Verdict(other)), comparison(Verdict.PROPORTIONAL)]
    assert best_comparison(found).verdict is best_comparison(found[::-1]).verdict is Verdict.PROPORTIONAL
