"""The page of a result reads as in the snapshot, fits one screen, and is what printing the result prints."""

import io

import pytest
from rich.console import Console

from gradcheck.checking.rendering.page import page
from gradcheck.checking.result import Searched
from gradcheck.document import plain_text as plain
from gradcheck.document import rich_text
from tests.check.rendering.results import MADE, changed

WIDTH, HEIGHT = 80, 24


@pytest.fixture(params=MADE)
def result(request):
    return MADE[request.param]()


def in_plain_text(result):
    return plain.render(page(result))


def in_rich(result):
    stream = io.StringIO()
    rich_text.render(page(result), Console(file=stream, width=WIDTH, color_system=None))
    return stream.getvalue()


def test_in_plain_text(result, snapshot):
    assert in_plain_text(result) == snapshot


def test_printing_a_result_is_its_page(result):
    assert str(result) == in_plain_text(result)


def test_rich_says_the_same(result):
    assert in_rich(result).split() == in_plain_text(result).split()


def test_it_leads_with_the_verdict(result):
    assert in_plain_text(result).startswith(f"{result.verdict.value.upper()}: ")


@pytest.mark.parametrize("render", [in_plain_text, in_rich])
def test_it_fits_one_screen(result, render):
    lines = render(result).splitlines()
    assert len(lines) <= HEIGHT
    assert max(map(len, lines)) <= WIDTH
    assert "nan" not in render(result)


def test_what_passes_takes_less_than_what_fails():
    assert len(in_plain_text(MADE["unbiased"]()).splitlines()) < len(in_plain_text(MADE["biased"]()).splitlines()) / 2


@pytest.mark.parametrize(
    "part",
    [
        {"relative_bias": 0.123},
        {"direction_error": 0.5},
        {"findings": ()},
        {"by_batch_size": {}},
        {"by_condition": {}},
        {"notes": {}},
        {"remarks": ()},
        {"counterexample": None},
        {"searched": Searched(20.0, 1234, 0, 0, found=False)},
        {"batches": 7},
        {"seconds": 77.0},
        {"seed": 77},
        {"name": "another"},
        {"batch": 9},
        {"exact": False},
    ],
    ids=lambda part: next(iter(part)),
)
def test_control_every_part_of_a_result_is_on_the_page(part):
    result = MADE["biased"]()
    assert in_plain_text(changed(result, **part)) != in_plain_text(result)
