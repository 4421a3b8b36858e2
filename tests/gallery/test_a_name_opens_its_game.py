"""What is typed behind ``--game`` opens the game it names, with a policy that plays it."""

import pytest

from gradcheck import games
from gradcheck.tree.sources.files import save_game
from gradcheck.tree.sources.open_game import open_game


@pytest.mark.parametrize("name", games.GALLERY)
def test_a_name_of_the_gallery(name):
    entry, opened = games.GALLERY[name], open_game(name)
    assert (opened.name, opened.game, opened.actions) == (name, entry.make(), entry.actions)
    assert opened.policy == entry.play(entry.make())
    assert opened.one_step == (games.robot_one_step() if name.startswith("robot") else None)


@pytest.mark.parametrize("ending", [".toml", ".json", ".JSON"])
def test_a_file(tmp_path, ending):
    path = str(tmp_path / f"stop go{ending}")
    save_game(games.stop_go(), path)
    opened = open_game(path)
    assert (opened.name, opened.game) == (path, games.stop_go())
    assert opened.policy is None  # which stands for the uniform one


@pytest.mark.parametrize("prefix", ["gymnasium", "openspiel"])
def test_a_library(prefix):
    if prefix == "gymnasium":
        pytest.importorskip("gymnasium")
        from gradcheck.tree.sources.from_gymnasium import from_gymnasium as build

        name = "FrozenLake-v1"
    else:
        pytest.importorskip("pyspiel")
        from gradcheck.tree.sources.from_openspiel import from_openspiel as build

        name = "kuhn_poker"
    opened = open_game(f"{prefix}:{name}")
    assert games.survey(opened.game) == games.survey(build(name))
    assert opened.policy is None
    assert (opened.actions, opened.one_step) == (None, None)


def test_a_name_of_the_gallery_goes_before_a_file_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "robot").write_text("not a game")
    monkeypatch.chdir(tmp_path)
    assert open_game("robot").game == games.robot()


def test_control_another_name_opens_another_game():
    assert open_game("kuhn_poker").game != open_game("kuhn_self_play").game
