"""A report passes only if everything it calls proved is; one lost term is enough to fail it."""

from dataclasses import replace

import pytest

from gradcheck import TabularGame, games
from gradcheck.cli.main import main
from gradcheck.document import plain_text as plain
from gradcheck.report import data
from gradcheck.report.data import make_report
from gradcheck.report.text_report import document
from gradcheck.tree.symbolic.sums import SymbolicSums


@pytest.fixture(scope="module")
def report():
    return make_report(games.robot(), games.robot_policy(), episodes=1000)


@pytest.fixture(scope="module")
def spoiled(report, with_terms):
    return lambda **change: replace(report, sums=SymbolicSums(with_terms(report.sums.polynomials, **change)))


@pytest.mark.parametrize("lost", ["surrogate", "paths", "rewards"])
def test_a_lost_term_fails(report, spoiled, lost):
    made = spoiled(**{lost: getattr(report.sums.polynomials, lost)[1:]})
    assert made.agrees
    assert not made.passed


def test_it_says_so(report, spoiled):
    made = spoiled(surrogate=report.sums.polynomials.surrogate[1:])
    text = plain.render(document(replace(made, at=report.at)))
    assert "FAILED: NOT everything above is proved" in text
    assert "is NOT ∂R/∂x" in text


def test_control_with_all_terms_it_passes(spoiled):
    assert spoiled().passed


def test_a_failed_report_exits_with_1(monkeypatch, capsys):
    """A wrong estimator stands in for log_prob; everything else is the command's own."""
    monkeypatch.setattr(data, "BATCH_SIZES", [])
    monkeypatch.setattr(data, "log_prob", lambda policy, episodes, weights: -data.inverse_prob(policy, episodes))
    assert main(["report", "--episodes", "100"]) == 1
    assert "FAILED" in capsys.readouterr().out


def test_where_nothing_varies_rounding_is_allowed_for():
    # One way to go: no variance, so no bound but rounding. Sums of sevenths and thirds are not exact in floats.
    steps = {s: {0: [(1, s + 1, r, s == 2)]} for s, r in enumerate(("1/3", "2/7", "1/10"))}
    made = make_report(TabularGame(steps, 0, horizon=3), {s: [1] for s in steps}, episodes=997)
    assert made.passed
    assert all(one.bound == one.rounding for one in made.partials["log_prob"])
