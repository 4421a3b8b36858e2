"""A report on a policy that no linear layer plays says so in place of its gradient, and is otherwise whole."""

import jsonschema

from gradcheck import TabularGame, games
from gradcheck.document import plain_text as plain
from gradcheck.report.data import make_report
from gradcheck.report.json_report import load_schema, to_dict
from gradcheck.report.text_report import document

#: Three cells in a row: a linear layer's logits at the middle one are the mean of those at the ends.
ROW = TabularGame(
    {cell: {0: [(1, cell + 1, 0, cell == 2)], 1: [(1, "out", cell, True)]} for cell in range(3)}, 0, horizon=None
)


def test_bent_logits_are_not_linear():
    report = make_report(ROW, {0: ("1/2", "1/2"), 1: ("1/5", "4/5"), 2: ("1/2", "1/2")}, episodes=1000)
    assert report.linear == ()
    assert report.passed
    assert to_dict(report)["policy_gradient"] == []
    jsonschema.validate(to_dict(report), load_schema())
    assert "Left out: no linear layer" in plain.render(document(report))


def test_control_the_usual_policy_has_one():
    report = make_report(games.robot(), games.robot_policy(), episodes=1000)
    assert [parameter.name for parameter in report.linear] == ["layer.weight", "layer.bias"]
    assert "Left out" not in plain.render(document(report))
