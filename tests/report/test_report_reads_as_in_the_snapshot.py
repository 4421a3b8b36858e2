"""The report reads, in plain text and as rich lays it out, as the snapshots say; they are to be read, too."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from gradcheck import games
from gradcheck.document import plain_text as plain
from gradcheck.document import rich_text
from gradcheck.report.data import make_report
from gradcheck.report.text_report import document

WIDTH = 80
START = (2, 1)


@pytest.fixture(scope="module", params=["robot", "robot_one_step"])
def report(request):
    policy, first = games.robot_policy(), games.robot_one_step()
    game, policy = {"robot": (games.robot(), policy), "robot_one_step": (first, {START: policy[START]})}[request.param]
    made = make_report(
        game, policy, episodes=1000, seed=1, name=request.param, actions=("left", "right"), one_step=first
    )
    return replace(made, seconds=0.0)


def in_plain_text(report):
    return plain.render(document(report))


def in_rich(report):
    stream = io.StringIO()
    rich_text.render(document(report), Console(file=stream, width=WIDTH, color_system=None))
    return stream.getvalue()


def test_in_plain_text(report, snapshot):
    assert in_plain_text(report) == snapshot


def test_as_rich_lays_it_out(report, snapshot):
    assert "\n".join(line.rstrip() for line in in_rich(report).splitlines()) == snapshot


@pytest.mark.parametrize("render", [in_plain_text, in_rich])
def test_no_line_is_too_long_and_no_zero_is_negative(report, render):
    text = render(report)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "-0.00000 " not in text
    assert "nan" not in text


@pytest.mark.parametrize("render", [in_plain_text, in_rich])
def test_the_time_it_took_is_in_it(report, render):
    assert "0.0 seconds." in " ".join(render(report).split())
    assert "7.0 seconds." in " ".join(render(replace(report, seconds=7.0)).split())


def test_both_say_the_same_numbers(report):
    """Word for word; the rules of tables and trees aside."""
    assert words(in_plain_text(report)) == words(in_rich(report))


def words(text):
    return [word for word in text.split() if not set(word) <= set("=─-├└│▁━")]


def test_control_another_policy_reads_differently(report):
    policy = dict.fromkeys(report.sums.tree.observations, ("1/2", "1/2"))
    other = replace(report, at=report.sums.at(policy))
    assert in_plain_text(other) != in_plain_text(report)
    assert words(in_plain_text(other)) != words(in_rich(report))
