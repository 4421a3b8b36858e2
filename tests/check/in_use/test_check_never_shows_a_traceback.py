"""Whatever is wrong with what is to be checked, ``check`` exits with 2 and one line that says what and where."""

import pytest

BROKEN = "import math\n\n\ndef inverse(x):\n    return 1 / x\n\n\ninfinite = inverse(0)\n"

TYPED = {
    "no function named": ("losses.py", "Expected MODULE:FUNCTION or FILE.py:FUNCTION but got LOSS='losses.py'"),
    "nothing after the colon": ("losses.py:", "Expected MODULE:FUNCTION"),
    "nothing before it": (":right", "Expected MODULE:FUNCTION"),
    "a function misspelt": ("losses.py:rigth", "Did you mean right?"),
    "a function that is not there": ("losses.py:zzz", "It has right, half, immediate, categorical, raising."),
    "a name in a function": ("losses.py:right.zzz", "Expected a name in losses.py"),
    "no function": ("losses:number", "Expected a function loss(policy, episodes) but got LOSS='losses:number'"),
    "a module misspelt": ("lossses:right", "Did you mean losses?"),
    "a file misspelt": ("loses.py:right", "Did you mean losses.py?"),
    "a folder that is not there": ("nowhere/losses.py:right", "There is none in "),
    "a package that is not there": ("a.b.c:right", "Expected a module that can be imported"),
}

MODULES = {
    "raises": (BROKEN, "ZeroDivisionError: division by zero (raises.py, line 5: return 1 / x)."),
    "no_python": ("def f(:\n    pass\n", "SyntaxError: invalid syntax (no_python.py, line 1)."),
    "exits": ("import sys\n\nsys.exit(3)\n", "SystemExit: 3 (exits.py, line 3: sys.exit(3))."),
    "needs": ("import numpyy\n", "No module named 'numpyy' (needs.py, line 1: import numpyy)."),
    "in_a_library": (
        "import json\n\njson.loads('[')\n",
        "(in_a_library.py, line 3: json.loads('[')).",
    ),
}


def one_clear_line(run, *words):
    assert (run.code, run.out) == (2, "")
    *usage, line = run.err.splitlines()
    assert line.startswith(("gradcheck: error: ", "gradcheck check: error: "))
    assert all(text.startswith(("usage: gradcheck", " ")) for text in usage)
    for word in words:
        assert word in line


@pytest.mark.parametrize("name", TYPED)
def test_what_is_not_there(check, name):
    typed, words = TYPED[name]
    one_clear_line(check(typed), words)


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("ending", ["", ".py"])
def test_a_module_that_fails(check, folder, name, ending):
    source, words = MODULES[name]
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    one_clear_line(check(f"{name}{ending}:loss"), words)


def test_a_loss_that_raises(check):
    one_clear_line(
        check("losses.py:raising", "--batch", 2),
        "AttributeError: 'Episodes' object has no attribute 'reward' (losses.py, line ",
        ": return -episodes.reward.sum()",
        "The loss raising raised this on the probe three_arms",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--batch", "0"),
        ("--batch", "2x"),
        ("--batch", "2x2x2"),
        ("--batch", "four"),
        ("--accept", "biased"),
        ("--accept", "fine"),
        ("--collect", "stones"),
        ("--condition", "complete_episode"),
        ("--discount", "2"),
        ("--discount", "half"),
        ("--policy", "logit"),
        ("--policy", "losses.py:nowhere"),
        ("--game", "chess"),
        ("--horizon", "3"),
        ("--seed", "-1"),
        ("--learning-rate", "0"),
        ("--json", "missing/result.json"),
        ("--unheard-of",),
    ],
    ids=" ".join,
)
def test_a_bad_option(check, arguments):
    one_clear_line(check("losses.py:right", *arguments), arguments[-1].removeprefix("-"))


def test_control_a_good_run_would_be_noticed(check):
    with pytest.raises(AssertionError):
        one_clear_line(check("--help"))
