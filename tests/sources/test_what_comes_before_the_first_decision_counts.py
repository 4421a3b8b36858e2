"""What happens before the player's first decision is not lost: neither rewards, nor episodes that end there."""

from fractions import Fraction

import pytest

from gradcheck import expected_return, partials, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel
from gradcheck.tree.sources.optional_dependency import optional_module

pyspiel = optional_module("pyspiel", "openspiel")
policies = optional_module("open_spiel.python.policy", "openspiel")
policy_value = optional_module("open_spiel.python.algorithms.expected_game_score", "openspiel").policy_value

HANABI = "hanabi(players=2,colors=1,ranks=2,hand_size=2,max_life_tokens=1,max_information_tokens=1)"


def random_play(name):
    game = pyspiel.load_game(name)
    return policy_value(game.new_initial_state(), [policies.UniformRandomPolicy(game)] * game.num_players())


@pytest.mark.parametrize("name", [HANABI, "nim(pile_sizes=0;3)", "nim(pile_sizes=2;0)", "mnk(m=2,n=1,k=1)"])
@pytest.mark.parametrize("player", [0, 1])
def test_the_value_is_that_of_the_whole_game(name, player, uniform):
    tree = unroll(from_openspiel(name, player=player))
    assert float(expected_return(tree, uniform(tree))) == pytest.approx(random_play(name)[player], abs=1e-12)


def test_rewards_of_others_moves_are_carried_to_the_first_step(uniform):
    game = from_openspiel(HANABI, player=1)
    carried = {position.carried for _, position in game.starts()}
    assert carried == {0, 1}
    # Paid without discount: with a discount of 0, what remains is the first step with what was carried to it.
    at_once = unroll(from_openspiel(HANABI, player=1, discount=0))
    first_step = unroll(from_openspiel(HANABI, player=1, horizon=1))
    policy = uniform(at_once)
    cut = {seen: policy[seen] for seen in first_step.observations}
    assert expected_return(at_once, policy) == expected_return(first_step, cut)
    assert expected_return(first_step, cut) >= sum(chance * position.carried for chance, position in game.starts()) > 0


def test_an_episode_that_is_over_is_one_decision_without_a_choice(uniform):
    game = from_openspiel("nim(pile_sizes=0;3)", player=1)
    (over,) = (seen for seen in unroll(game).observations if seen.startswith("("))
    policy = uniform(game)
    assert over == "(the game ends before the first decision)"
    assert policy[over] == {0: 1}
    assert partials(game, policy)[over, 0] == Fraction(1, 3)  # the first player takes all three, and loses
