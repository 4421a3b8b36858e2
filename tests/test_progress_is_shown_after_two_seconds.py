"""Work of less than two seconds is silent; longer work says how far it is, and hands every item on unchanged."""

import io

import pytest

from gradcheck.tree.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def run(monkeypatch, stream, seconds_each, items=20):
    """Go through the items on a clock of our own."""
    monkeypatch.setattr("sys.stderr", stream)
    now = [0.0]
    done = []
    for item in progress(range(items), items, "counting", clock=lambda: now[0]):
        now[0] += seconds_each
        done.append(item)
    assert done == list(range(items))
    return stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_short_work_is_silent(monkeypatch, stream):
    assert run(monkeypatch, stream(), seconds_each=0.1) == ""


def test_in_a_log_each_line_comes_after_twice_the_time(monkeypatch):
    lines = run(monkeypatch, io.StringIO(), seconds_each=1.0).splitlines()
    assert lines == [
        "counting: 2 of 20 (2 s)",
        "counting: 4 of 20 (4 s)",
        "counting: 8 of 20 (8 s)",
        "counting: 16 of 20 (16 s)",
    ]


def test_on_a_terminal_one_line_is_rewritten_and_removed(monkeypatch):
    text = run(monkeypatch, Terminal(), seconds_each=1.0)
    assert "\n" not in text
    assert text.count("counting:") == 18
    assert text.endswith("\r\x1b[2K")
