"""The games that come with gradcheck: each says what it is good for, and ``GALLERY`` has them by name."""

from __future__ import annotations

from gradcheck.tree.games.bandits import bandit, chance_bandit
from gradcheck.tree.games.catalogue import GALLERY
from gradcheck.tree.games.game_size import survey, uniform_policy
from gradcheck.tree.games.hallway import hallway
from gradcheck.tree.games.kuhn_poker import kuhn_poker
from gradcheck.tree.games.random_games import random_game
from gradcheck.tree.games.robot import robot, robot_one_step, robot_policy
from gradcheck.tree.games.stop_go import stop_go
from gradcheck.tree.games.token_game import token_game, two_prompts

__all__ = [
    "GALLERY",
    "bandit",
    "chance_bandit",
    "hallway",
    "kuhn_poker",
    "random_game",
    "robot",
    "robot_one_step",
    "robot_policy",
    "stop_go",
    "survey",
    "token_game",
    "two_prompts",
    "uniform_policy",
]
