"""The registry has every ready-made game, described in one line, with a policy that does everything sometimes."""

import inspect

import pytest

from gradcheck import games, unroll

entries = pytest.mark.parametrize("entry", games.GALLERY.values(), ids=games.GALLERY)


def made_without_arguments():
    """The functions of ``gradcheck.games`` that make a game if nothing is said."""
    for name in set(games.__all__) - {"GALLERY", "count_histories", "robot_policy", "survey", "uniform_policy"}:
        function = getattr(games, name)
        parameters = inspect.signature(function).parameters.values()
        if all(parameter.default is not parameter.empty for parameter in parameters):
            yield function


def test_no_game_is_missing():
    calls = {entry.call for entry in games.GALLERY.values()}
    assert calls >= {f"games.{function.__name__}()" for function in made_without_arguments()}


@entries
def test_a_description_fits_into_its_column(entry):
    assert 0 < len(entry.description) <= 40
    assert entry.name == entry.name.lower()


@entries
def test_the_documentation_says_what_it_is_good_for(entry):
    first, *_ = entry.documentation.partition("\n")
    assert first.endswith(".")
    assert "Good for: " in entry.documentation
    assert "Args:" not in entry.documentation
    assert ">>>" not in entry.documentation


@entries
def test_the_call_makes_the_game(entry):
    assert eval(entry.call, {"games": games}) == entry.make()  # the test's own words, from a list


@entries
def test_the_policy_is_exact_and_takes_every_legal_action(entry):
    game = entry.make()
    tree, policy = unroll(game), entry.play(game)
    assert tuple(policy) == tree.observations
    for row, legal in zip(policy.values(), tree.legal_actions.tolist(), strict=True):
        assert sum(row) == 1
        assert [p > 0 for p in row] == legal


@entries
def test_there_is_a_word_for_every_action(entry):
    assert entry.actions is None or len(entry.actions) == entry.make().num_actions


def test_the_robot_has_its_own_policy():
    assert games.GALLERY["robot"].play(games.robot()) == games.robot_policy()


def test_control_another_game_is_not_the_one_that_was_called_for():
    assert games.GALLERY["kuhn_poker"].make() != games.GALLERY["kuhn_self_play"].make()
