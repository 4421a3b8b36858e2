"""The text of a GradcheckError reads as in the snapshot, and the error keeps its result wherever it goes."""

import copy
import pickle
from dataclasses import replace

import pytest
import torch

from gradcheck.assertions import GradcheckError
from gradcheck.checking.rendering.error_message import message
from gradcheck.checking.rendering.phrases import next_step, worst_probe
from gradcheck.checking.verdict import Verdict
from tests.check.rendering.results import CODE, MADE, changed, probe

FAILED = [name for name, made in MADE.items() if not made()]
ROWS = 12


@pytest.fixture(params=FAILED)
def result(request):
    return MADE[request.param]()


def test_its_text(result, snapshot):
    assert str(GradcheckError(result)) == snapshot


def test_the_first_line_is_about_the_loss_by_name(result):
    first, *_ = str(GradcheckError(result)).splitlines()
    assert first.startswith(f"{result.name} is {result.verdict}, not {result.accept}: ")


def test_the_worst_probe_is_shown_side_by_side_the_worst_row_first(result):
    rows = [line.split() for line in message(result).splitlines() if line.startswith("  weight")]
    worst = worst_probe(result)
    assert len(rows) == min(ROWS, len(worst.names))
    differences = [abs(float(row[-1])) for row in rows]
    assert differences[0] == max(differences)
    for row in rows:
        i = worst.names.index(" ".join(row[:2]))
        shown = torch.tensor([float(number) for number in row[2:]], dtype=torch.float64)
        expected, true = worst.expected_gradient[i], worst.true_gradient[i]
        torch.testing.assert_close(shown, torch.stack([expected, true, expected - true]), atol=6e-5, rtol=0)


def test_code_is_in_it_line_by_line():
    indented = [f"    {line}".rstrip() for line in CODE.splitlines()]
    assert "\n".join(indented) in message(MADE["biased"]())


def test_the_last_line_is_the_next_step(result):
    text = " ".join(message(result).split())
    remedy = result.findings[0].remedy if result.findings else next_step(result)
    assert text.endswith(f"Next: {remedy}")


def test_where_only_the_direction_counts_rows_of_another_length_come_last():
    """Twice the truth but for one small row: that row is the error, if lengths are free; the longest one, if not."""
    lopsided = probe("game", (2.0, 20.0, 0.5), (1.0, 10.0, -0.5), (1.0, 1.0, 1.0))
    result = changed(MADE["biased"](), probes=(lopsided,), findings=(), counterexample=None)
    free = message(result)
    bound = message(replace(result, accept=Verdict.UNBIASED))
    assert first_row(free).startswith("weight[1, 0]")
    assert first_row(bound).startswith("weight[0, 1]")


def first_row(text):
    return next(line.strip() for line in text.splitlines() if line.startswith("  weight"))


@pytest.mark.parametrize(
    "carried",
    [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deep"],
)
def test_it_survives_being_carried(result, carried):
    error = GradcheckError(result)
    again = carried(error)
    assert isinstance(again, AssertionError)
    assert str(again) == str(error)
    assert again.result.verdict is result.verdict
    assert torch.equal(again.result.expected_gradient, result.expected_gradient)


def test_a_probe_without_a_truth_is_shown_too():
    """Where the true gradient is zero there is no scale, and the bias is infinite."""
    nothing = replace(
        probe("game", (1.0, -1.0), (1.0, -1.0), (1.0, 1.0)), scale=float("nan"), relative_bias=float("inf")
    )
    nothing = replace(nothing, true_gradient=torch.zeros(2, dtype=torch.float64), verdict=MADE["biased"]().verdict)
    text = message(changed(MADE["biased"](), probes=(nothing,)))
    assert "infinitely much off" in " ".join(text.split())
    assert "nan" not in text


def test_control_another_result_reads_differently():
    texts = {message(MADE[name]()) for name in FAILED}
    assert len(texts) == len(FAILED)
