"""The games that come with gradcheck: each says what it is good for, and ``GALLERY`` has them by name."""

from __future__ import annotations

from gradcheck.tree.games.bandit import bandit
from gradcheck.tree.games.catalogue import GALLERY
from gradcheck.tree.games.chance_bandit import chance_bandit
from gradcheck.tree.games.game_size import count_histories, uniform_policy
from gradcheck.tree.games.hallway import hallway
from gradcheck.tree.games.kuhn_poker import kuhn_poker
from gradcheck.tree.games.random_games import random_game
from gradcheck.tree.games.robot import robot, robot_one_step, robot_policy
from gradcheck.tree.games.stop_go import stop_go
from gradcheck.tree.games.token_game import token_game
from gradcheck.tree.games.two_prompts import two_prompts

survey = count_histories  # its name in earlier versions

__all__ = [
    "GALLERY",
    "bandit",
    "chance_bandit",
    "count_histories",
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
