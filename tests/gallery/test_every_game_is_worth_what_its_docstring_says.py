"""The value under the uniform policy that a docstring shows is the one found history by history, in rationals."""

import inspect

import pytest

from gradcheck import games

SHOWN = {
    "bandit": [games.bandit()],
    "chance_bandit": [games.chance_bandit()],
    "stop_go": [games.stop_go(), games.stop_go(discount="1/2")],
    "hallway": [games.hallway()],
    "kuhn_poker": [games.kuhn_poker(), games.kuhn_poker(1), games.kuhn_poker("both")],
    "token_game": [games.token_game({(0, (2, 0)): 9}, vocabulary=3, length=2)],
    "two_prompts": [games.two_prompts()],
    "random_game": [games.random_game(0)],
}


def shows(name, value):
    _, _, example = inspect.getdoc(getattr(games, name)).partition(">>>")
    return f"{value!r}" in example


@pytest.mark.parametrize("name", SHOWN)
def test_the_docstring_shows_the_value(name, worth):
    for game in SHOWN[name]:
        assert shows(name, worth(game))


@pytest.mark.parametrize("name", SHOWN)
def test_the_survey_finds_the_same(name, worth):
    for game in SHOWN[name]:
        assert games.survey(game).uniform_return == worth(game)


@pytest.mark.parametrize("name", SHOWN)
def test_control_another_value_is_not_shown(name, worth):
    for game in SHOWN[name]:
        assert not shows(name, worth(game) + 1)
