"""What CONTRIBUTING.md says is all it takes to add a mistake, a condition, a probe, a source, a game and so on.

The code is read out of that file and put where it says, in a copy of the package; then a program finds the new thing
there, and it works. The same program fails where the recipe was not followed.
"""

import os
import re
import subprocess
import sys

import pytest

from gradcheck import InvalidArgument
from tests.contributing.document import copy_of_the_package, follow, recipes, section, without_code

RECIPES = recipes()

#: Is what runs in the copy, and not in the package that is installed?
IN_THE_COPY = """
import gradcheck
from pathlib import Path

assert Path(gradcheck.__file__).is_relative_to(Path.cwd()), gradcheck.__file__
"""

QUICK = "quick = dict(batch=2, all_conditions=False, counterexample=False)"

MISTAKE = f"""
from gradcheck import check
from tests.check.corpus import WRONG

{QUICK}
(case,) = [case for case in WRONG if case.cause == "root_mean"]
result = check(case.loss, **quick)
assert result.verdict == case.verdict, result
assert [finding.cause for finding in result.findings] == ["root_mean"], result.findings
assert "square root of the number of steps" in str(result)
"""

CONDITION = f"""
from gradcheck import check
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.subjects import Battery
from gradcheck.estimators import log_prob, over_steps
from tests.check.brute_force import Setting, expected_gradient, references


def token_mean(policy, episodes):
    return log_prob(policy, episodes, average=over_steps)


{QUICK}
right, wrong = (check(loss, conditions="one_by_one", **quick) for loss in (log_prob, token_mean))
assert right.by_condition == {{"one_by_one": "unbiased"}}
assert wrong.by_condition == {{"one_by_one": "biased"}}

# By brute force: sums of a few hundred terms in another order.
(case,), (probe,) = CONDITIONS["one_by_one"].cases(Battery(0, "logits"), read_options({{}})), wrong.probes
setting = Setting(case.name, "one_by_one", case.tree.game, case.policy, case.policy)
(truth,) = references(token_mean, setting, 2)
assert (expected_gradient(token_mean, setting, 2) - probe.expected_gradient).abs().max() < 1e-10
assert (truth - probe.true_gradient).abs().max() < 1e-10
"""

PROBE = f"""
from gradcheck import check
from gradcheck.estimators import log_prob

{QUICK}
result = check(log_prob, **quick)
played = {{probe.probe: probe.verdict for probe in result.probes}}
assert played.get("late_reward") == "unbiased", played
"""

SOURCE = """
from fractions import Fraction
from gradcheck import InvalidArgument, expected_return
from gradcheck.testing import conformance
from gradcheck.tree.sources.open_game import open_game

opened = open_game("dice:4")
conformance(opened.game)
assert expected_return(opened.game, {"table": (Fraction(1, 5), Fraction(4, 5))}) == Fraction(1, 2)
try:
    open_game("dice:many")
except InvalidArgument as error:
    assert "a number of sides" in str(error)
else:
    raise AssertionError("it was opened")
"""

GAME = """
from gradcheck import games, partials
from gradcheck.testing import conformance
from gradcheck.tree.sources.open_game import open_game

opened, entry = open_game("double_or_nothing"), games.GALLERY["double_or_nothing"]
conformance(opened.game)
assert opened.game == games.double_or_nothing() == entry.make()
assert partials(opened.game, opened.policy) == {("table", 0): 1, ("table", 1): 1}
assert "Good for: " in entry.documentation and len(entry.description) <= 40
"""

ESTIMATOR = f"""
import gradcheck.estimators
from gradcheck import check

{QUICK}
assert "total_return" in gradcheck.estimators.__all__, "not among them"
assert check(gradcheck.estimators.total_return, **quick).verdict == "unbiased"
"""

PROGRAMS = {
    "mistake": MISTAKE,
    "condition": CONDITION,
    "probe": PROBE,
    "source": SOURCE,
    "game": GAME,
    "estimator": ESTIMATOR,
}

#: How each program fails in the package as it is.
FAILURES = {
    "mistake": (ValueError, "not enough values to unpack"),
    "condition": (InvalidArgument, "one_by_one"),
    "probe": (AssertionError, "three_arms"),
    "source": (InvalidArgument, "dice:4"),
    "game": (InvalidArgument, "double_or_nothing"),
    "estimator": (AssertionError, "not among them"),
}


def test_every_recipe_has_a_program():
    assert RECIPES.keys() == PROGRAMS.keys() == FAILURES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_that_is_followed_works(name, tmp_path):
    follow(RECIPES[name], copy_of_the_package(tmp_path))
    command = [sys.executable, "-W", "error", "-c", IN_THE_COPY + PROGRAMS[name]]
    variables = os.environ | {"PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", FAILURES)
def test_control_without_the_recipe_it_fails(name):
    error, words = FAILURES[name]
    with pytest.raises(error, match=words):
        exec(PROGRAMS[name], {})


HEADINGS = {
    "mistake": "A mistake",
    "condition": "A condition",
    "probe": "A probe",
    "source": "A game source",
    "game": "A game",
    "estimator": "An estimator",
}


@pytest.mark.parametrize("name", HEADINGS)
def test_a_recipe_is_at_most_ten_lines_and_begins_with_what_to_copy(name):
    lines = [
        line for line in without_code(section(HEADINGS[name])).splitlines() if line and not line.startswith("<!--")
    ]
    assert 1 < len(lines) <= 10
    assert re.match(r"1\. Copy ", lines[0])


def test_control_code_goes_where_it_is_said_to_go_or_nowhere(tmp_path):
    text = "<!-- recipe: x -->\n```python\n# a.py, below: two\n    new\n# a.py, above: one\nfirst\n# b.py\nall\n```\n"
    (pieces,) = recipes(text).values()
    (tmp_path / "a.py").write_text("one\n  two\nthree\n")
    follow(pieces, tmp_path)
    assert (tmp_path / "a.py").read_text() == "first\none\n  two\n    new\nthree\n"
    assert (tmp_path / "b.py").read_text() == "all\n"
    (tmp_path / "b.py").unlink()
    (tmp_path / "a.py").write_text("one\ntwo\ntwo\n")
    with pytest.raises(ValueError, match="too many values"):
        follow(pieces, tmp_path)
