"""An argument that makes no game gets one clear message that names it."""

import math

import pytest

from gradcheck import InvalidArgument, games

UNIFORM = dict.fromkeys([(card, move, -1) for card in range(3) for move in (0, 1)], ("1/2", "1/2"))
MISSING = {seen: row for seen, row in UNIFORM.items() if seen != (2, 1, -1)}
BAD = {
    "no arms": (lambda: games.bandit(()), "a list of at least one number but got rewards=()"),
    "one number for the arms": (lambda: games.bandit(3), "rewards=3"),
    "an infinite reward": (lambda: games.bandit((0, math.inf)), "rewards[1]=inf"),
    "rewards as a word": (lambda: games.bandit("012"), "rewards='012'"),
    "a chance above 1": (lambda: games.chance_bandit(chance=2), "a probability between 0 and 1 but got chance=2"),
    "a chance below 0": (lambda: games.chance_bandit(chance=-1), "chance=-1"),
    "a prize of NaN": (lambda: games.chance_bandit(prize=math.nan), "prize=nan"),
    "nothing to do after GO": (lambda: games.stop_go(then=[]), "then=[]"),
    "a discount above 1": (lambda: games.stop_go(discount=2), "discount=2"),
    "a word for a reward": (lambda: games.stop_go(go="far"), "go='far'"),
    "west above 1": (lambda: games.hallway(west="3/2"), "west='3/2'"),
    "three rewards": (lambda: games.hallway(rewards=(1, 2, 3)), "a list of 2 numbers but got rewards=(1, 2, 3)"),
    "one step": (lambda: games.hallway(steps=1), "a whole number, 2 or more but got steps=1"),
    "half a step": (lambda: games.hallway(steps=2.5), "steps=2.5"),
    "player 2": (lambda: games.kuhn_poker(2), 'player 0 or 1, or "both" but got player=2'),
    "player True": (lambda: games.kuhn_poker(True), "player=True"),
    "player None": (lambda: games.kuhn_poker(None), "player=None"),
    "an opponent in self-play": (lambda: games.kuhn_poker("both", UNIFORM), "no opponent"),
    "an opponent that is no table": (lambda: games.kuhn_poker(0, "tight"), "opponent='tight'"),
    "an opponent without a row": (lambda: games.kuhn_poker(0, MISSING), "The observation (2, 1, -1) is missing"),
    "the wrong player's table": (lambda: games.kuhn_poker(1, UNIFORM), "an observation in opponent=(0, 0, -1)"),
    "an opponent of three moves": (lambda: games.kuhn_poker(0, UNIFORM | {(0, 0, -1): (0, 0, 1)}), "(0, 0, 1)"),
    "an opponent of one move": (lambda: games.kuhn_poker(0, UNIFORM | {(0, 0, -1): {0: 1}}), "{0: 1}"),
    "an opponent of two halves too many": (
        lambda: games.kuhn_poker(0, UNIFORM | {(0, 0, -1): (1, 1)}),
        "probabilities that sum to 1 but got opponent[(0, 0, -1)]=(1, 1)",
    ),
    "one token": (lambda: games.token_game({}, vocabulary=1, length=2), "vocabulary=1"),
    "texts of no token": (lambda: games.token_game({}, vocabulary=2, length=0), "length=0"),
    "two limits for one prompt": (lambda: games.token_game({}, vocabulary=2, length=(1, 2)), "length=(1, 2)"),
    "a limit that is no number": (lambda: games.token_game({}, vocabulary=2, length=["1"]), "length[0]='1'"),
    "no prompts": (lambda: games.token_game({}, vocabulary=2, length=1, prompts=()), "prompts=()"),
    "prompts that sum to 2": (lambda: games.token_game({}, vocabulary=2, length=1, prompts=(1, 1)), "prompts=(1, 1)"),
    "rewards that are a number": (lambda: games.token_game(7, vocabulary=2, length=1), "rewards=7"),
    "a reward for an unfinished text": (
        lambda: games.token_game({(0, (1,)): 1}, vocabulary=2, length=2),
        "a key of rewards=(0, (1,))",
    ),
    "a reward for a text that goes on after its end": (
        lambda: games.token_game({(0, (0, 1)): 1}, vocabulary=2, length=2),
        "a key of rewards=(0, (0, 1))",
    ),
    "a reward for a prompt that is not there": (
        lambda: games.token_game({(1, (0,)): 1}, vocabulary=2, length=2),
        "a key of rewards=(1, (0,))",
    ),
    "a reward for a word": (lambda: games.token_game({"ab": 1}, vocabulary=2, length=2), "a key of rewards='ab'"),
    "a reward for an unknown token": (
        lambda: games.token_game({(0, (7, 0)): 1}, vocabulary=2, length=2),
        "a key of rewards=(0, (7, 0))",
    ),
    "a reward that is no number": (
        lambda: games.token_game(lambda prompt, text: None, vocabulary=2, length=1),
        "rewards(0, (0,))=None",
    ),
    "more texts than fit": (lambda: games.token_game({}, vocabulary=50_000, length=9), "at most 200,000 numbers"),
    "texts longer than fit": (lambda: games.token_game({}, vocabulary=2, length=10**9), "at most 200,000 numbers"),
    "a negative seed": (lambda: games.random_game(-1), "seed=-1"),
    "a seed that is text": (lambda: games.random_game("0"), "seed='0'"),
    "a seed of True": (lambda: games.random_game(True), "seed=True"),
    "no states": (lambda: games.random_game(0, states=0), "states=0"),
    "no actions": (lambda: games.random_game(0, actions=0), "actions=0"),
    "more observations than states": (
        lambda: games.random_game(0, states=2, observations=3),
        "a whole number, 1 to 2 but got observations=3",
    ),
    "more starts than states": (lambda: games.random_game(0, starts=5), "a whole number, 1 to 4 but got starts=5"),
    "a horizon of 0": (lambda: games.random_game(0, horizon=0), "horizon=0"),
    "no outcomes": (lambda: games.random_game(0, outcomes=0), "outcomes=0"),
    "illegal as a number": (lambda: games.random_game(0, illegal=1), "illegal=1"),
    "a table that is too large": (lambda: games.random_game(0, states=60_000), "at most 100,000 outcomes"),
    "a survey of no game": (lambda: games.survey({}), "game={}"),
    "a uniform policy of a class": (lambda: games.uniform_policy(type(games.bandit())), "It is a class"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_clear_message(name):
    build, words = BAD[name]
    with pytest.raises(InvalidArgument) as caught:
        build()
    message = str(caught.value)
    assert message.startswith("Expected ")
    assert words in message
    assert "\n" not in message
    assert caught.value.__cause__ is None


def test_control_the_limits_themselves_are_fine():
    games.bandit((0,))
    games.chance_bandit(chance=1)
    games.stop_go(discount=0)
    games.hallway(west=0, steps=2)
    games.kuhn_poker(0, UNIFORM)
    games.token_game({(0, (1, 0)): 1, (0, (1, 1)): 2}, vocabulary=2, length=2)
    games.random_game(0, states=1, actions=1, observations=1, horizon=1, outcomes=1)
