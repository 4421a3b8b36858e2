"""What is long is cut to a few rows, lines or letters, what is short is not, and what is left out is counted."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.document.blocks import Branch
from gradcheck.document.numbers import exact, whole
from gradcheck.document.truncate import abridged, first, largest, pruned, rest


def lines(branch):
    return 1 + sum(map(lines, branch.children))


def left_out(branch):
    own = int(branch.label.split()[2].replace(",", "")) if branch.label.startswith("…") else 0
    return own + sum(map(left_out, branch.children))


def notes(branch):
    return branch.label.startswith("…") + sum(map(notes, branch.children))


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 1), (30, 30), (31, 20), (1000, 20)])
def test_many_rows_are_cut_to_the_first_and_the_rest_is_counted(count, shown):
    assert list(first(range(count))) == list(range(shown))
    said = rest(range(count), "path")
    assert said == (f"… and {count - shown} more paths." if shown < count else "")


def test_of_many_numbers_the_largest_are_shown_largest_first():
    values = np.array([(-1) ** i * float(i) for i in range(100)])
    assert largest(values) == list(range(99, 79, -1))
    assert largest(values[:30]) == list(range(30))


def node(children):
    return Branch("node", tuple(children))


LEAF = Branch("leaf")
TREES = st.recursive(st.just(LEAF), lambda below: st.lists(below, max_size=9).map(node))


@settings(max_examples=100)  # large trees take long to draw
@given(st.lists(TREES, min_size=1, max_size=40))
def test_trees_are_cut_and_no_line_is_lost_without_being_counted(branches):
    shown = pruned(branches)
    before, after = sum(map(lines, branches)), sum(map(lines, shown))
    assert before == after - sum(map(notes, shown)) + sum(map(left_out, shown))
    if before <= 60:
        assert shown == branches
    else:
        assert after - sum(map(notes, shown)) == 60


def test_control_a_tree_of_61_lines_is_cut():
    assert pruned([node([LEAF] * 60)])[0].children[-1] == Branch("… and 1 more line")
    assert pruned([node([LEAF] * 59)])[0].children[-1] == LEAF


@given(st.text(max_size=60))
def test_a_short_text_is_one_short_line(text):
    assert len(abridged(text)) <= 16
    assert "\n" not in abridged(text)


def test_a_long_text_keeps_both_ends():
    assert abridged("the beginning and the end") == "the beg… the end"
    assert abridged("0123456789abcdef") == "0123456789abcdef"


@pytest.mark.parametrize(
    ("number", "text"), [(7, "7"), (10**6, "1,000,000"), (3 * 10**150, "about 3.00e+150"), (10**119, f"{10**119:,}")]
)
def test_a_number_has_all_its_digits_if_they_are_not_hundreds(number, text):
    assert whole(number) == text


def test_a_number_too_long_for_python_to_print_has_a_size():
    assert whole(10**5000) == "about 1.00e+5000"


def test_long_fractions_are_rounded():
    assert exact(Fraction(1, 3)) == "1/3"
    assert exact(Fraction(10**20, 10**20 + 1)) == "1"
    assert exact(Fraction(1, 3**4000 + 1)) == "0"
