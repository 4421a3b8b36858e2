"""Every option of ``check`` is described in ``CheckOptions``: signatures, types, command line and README agree."""

import inspect
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from gradcheck import assert_consistent, assert_proportional, assert_unbiased, check
from gradcheck.checking.case import Aspect
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.names import COLLECTING, Accept, ConditionName, ReferenceName
from gradcheck.checking.options import (
    AssertOptionsDict,
    CheckOptions,
    CheckOptionsDict,
    described,
    markdown_table,
    read_options,
)
from gradcheck.cli.main import main

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
NAMES = [field.name for field in fields(CheckOptions)]


def options_of(function):
    return {name: p for name, p in inspect.signature(function).parameters.items() if p.kind is p.KEYWORD_ONLY}


def test_types_for_editors_list_the_same_options():
    assert set(CheckOptionsDict.__annotations__) == set(NAMES)
    assert set(AssertOptionsDict.__annotations__) == set(NAMES) - {"accept"}


def test_the_signature_of_check_lists_them_with_their_defaults():
    listed = options_of(check)
    assert list(listed) == NAMES
    assert {name: p.default for name, p in listed.items()} == {
        field.name: field.default for field in fields(CheckOptions)
    }


@pytest.mark.parametrize("assertion", [assert_unbiased, assert_proportional, assert_consistent])
def test_the_assertions_have_the_same_defaults(assertion):
    listed = options_of(assertion)
    assert {name: p.default for name, p in listed.items()} == {
        name: p.default for name, p in options_of(check).items() if name != "accept"
    }


@pytest.mark.parametrize("function", [check, assert_unbiased])
def test_help_describes_each(function):
    text = " ".join(inspect.getdoc(function).split())
    for name in options_of(function):
        assert f"{name}: {described()[name][1].help}." in text


def test_defaults_are_read_as_they_are():
    assert read_options({}) is not None
    for field in fields(CheckOptions):
        assert getattr(read_options({}), field.name) == field.default


def test_the_command_line_takes_those_with_a_flag(capsys):
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    text = capsys.readouterr().out
    flags = [option.flag for _, option in described().values() if option.flag]
    assert len(flags) == 11
    assert all(flag in text for flag in flags)


def test_the_readme_has_them_in_a_table():
    table = README.partition("<!-- ci: options of check -->\n")[2].partition("\n\n")[0]
    assert table == markdown_table().rstrip("\n")


def test_names_of_conditions_and_verdicts_are_those_there_are():
    assert get_args(ConditionName) == tuple(CONDITIONS)
    assert all(CONDITIONS[name].name == name for name in CONDITIONS)
    assert tuple(name for name, one in CONDITIONS.items() if one.aspect is Aspect.COLLECTING) == COLLECTING
    for name in get_args(ReferenceName):
        assert read_options({"reference": name}).reference == name
    for name in get_args(Accept):
        assert read_options({"accept": name}).accept == name


def test_control_an_option_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'batches'"):
        check(lambda policy, episodes: None, batches=4)
