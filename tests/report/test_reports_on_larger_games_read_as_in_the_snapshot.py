"""Games of hundreds and of many thousands of episodes have reports to read, as in the snapshots: long tables are
cut, with a line that says how much is left out; what is not listed is counted, and what was not decided is not claimed.
"""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from gradcheck.document import plain_text as plain
from gradcheck.document import rich_text
from gradcheck.report.data import make_report
from gradcheck.report.text_report import document

WIDTH = 80


@pytest.fixture(scope="module")
def listed(listed_game):
    return replace(make_report(listed_game, episodes=1000, seed=1, name="listed"), seconds=0.0)


@pytest.fixture(scope="module")
def large(large_game):
    return replace(make_report(large_game, episodes=1000, seed=1, name="large"), seconds=0.0)


def in_plain_text(report):
    return plain.render(document(report))


def test_a_listed_game(listed, snapshot):
    assert in_plain_text(listed) == snapshot


def test_a_large_game(large, snapshot):
    assert in_plain_text(large) == snapshot


def test_the_large_report_fits_on_a_screen(large):
    lines = in_plain_text(large).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) < 100
    assert "nan" not in " ".join(lines)


def test_rich_lays_out_the_same_words(large):
    stream = io.StringIO()
    rich_text.render(document(large), Console(file=stream, width=WIDTH, color_system=None))
    assert words(stream.getvalue()) == words(in_plain_text(large))


def words(text):
    return [word for word in text.split() if not set(word) <= set("=─-├└│▁━")]


def test_a_large_report_does_not_claim_to_have_enumerated_anything(large):
    said = " ".join(in_plain_text(large).split())
    assert "Whether the estimates are unbiased was not enumerated, only bounded" in said
    assert "are unbiased and lie" not in said
    assert "modulo the prime 2**61 - 1" in said
    assert "but for an error of probability" in said


def test_control_a_listed_report_does(listed):
    said = " ".join(in_plain_text(listed).split())
    assert "are unbiased and lie within their bounds" in said
    assert "Proved, as polynomials" in said
    assert "modulo" not in said


def test_only_the_largest_of_many_partials_are_shown(large_game, large, monkeypatch):
    monkeypatch.setattr("gradcheck.document.truncate._LONGEST", 8)
    monkeypatch.setattr("gradcheck.document.truncate._SHOWN", 3)
    text = in_plain_text(large)
    assert "The 3 largest of 9" in text
    shown = [line.split()[0] for line in text.splitlines() if line.startswith("  x") and line[3].isdigit()]
    assert shown == ["x5", "x0", "x1"] * 2  # 8.63, 8.17, -6.07: once exact, once sampled


def test_fewer_episodes_are_sampled_where_they_are_long_and_the_report_says_so(large_game, monkeypatch):
    monkeypatch.setattr("gradcheck.report.data._STEPS", 20_000)
    report = make_report(large_game)
    assert report.episodes == 2000  # of 6.8 steps each
    assert "2,000 episodes" in in_plain_text(report)
    assert "Episodes are long, so there are fewer than 1,000,000" in " ".join(in_plain_text(report).split())


def test_control_as_many_as_asked_for_are_sampled(large_game, large, monkeypatch):
    monkeypatch.setattr("gradcheck.report.data._STEPS", 2_000)
    assert make_report(large_game, episodes=1000).episodes == 1000
    assert "Episodes are long" not in in_plain_text(large)
