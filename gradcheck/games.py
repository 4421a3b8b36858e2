"""The games that come with gradcheck: each says what it is good for, and ``GALLERY`` has them by name."""

from __future__ import annotations

from gradcheck.gallery import GALLERY
from gradcheck.tree.gallery.bandits import bandit, chance_bandit
from gradcheck.tree.gallery.hallway import hallway
from gradcheck.tree.gallery.kuhn import kuhn_poker
from gradcheck.tree.gallery.random_games import random_game
from gradcheck.tree.gallery.stop_go import stop_go
from gradcheck.tree.gallery.survey import survey, uniform_policy
from gradcheck.tree.gallery.token_game import token_game, two_prompts
from gradcheck.tree.robot import robot, robot_one_step, robot_policy

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
