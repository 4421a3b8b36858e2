"""The picture in the README says what the code would draw today.

If not, draw it again: ``python -m gradcheck.report.pictures notebooks/robot-game.svg``.
"""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from gradcheck.report.pictures.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
STORED = ROOT / "notebooks" / "robot-game.svg"


def labels(path):
    """The words in the order in which they are drawn; bytes would differ between versions of matplotlib."""
    return [element.text for element in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture
def drawn(tmp_path):
    main(str(tmp_path / "drawn.svg"))
    return tmp_path / "drawn.svg"


def test_the_stored_picture_says_what_would_be_drawn(drawn):
    assert labels(STORED) == labels(drawn)


def test_text_is_stored_as_text(drawn):
    assert "x0 = 0.7" in labels(drawn)
    assert "expected return R = 2.636" in labels(drawn)


def test_drawing_twice_gives_the_same_file(drawn, tmp_path):
    main(str(tmp_path / "again.svg"))
    assert (tmp_path / "again.svg").read_bytes() == drawn.read_bytes()


def test_nothing_in_the_file_tells_when_or_with_what_it_was_made(drawn):
    for path in (STORED, drawn):
        text = path.read_text(encoding="utf-8")
        assert "dc:date" not in text
        assert "dc:creator" not in text


def test_control_a_changed_number_is_noticed(drawn, tmp_path):
    changed = tmp_path / "changed.svg"
    text = drawn.read_text(encoding="utf-8")
    changed.write_text(text.replace("x0 = 0.7", "x0 = 0.8"), encoding="utf-8")
    assert labels(changed) != labels(STORED)
