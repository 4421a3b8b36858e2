"""Values are those of OpenSpiel's ``policy_value``, and partials those of its ``TreeWalkCalculator``, whose
weighted action values are the reach of an information set times the value of an action."""

import pytest

from gradcheck import expected_return, partials, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel
from gradcheck.tree.sources.optional_dependency import optional_module

pyspiel = optional_module("pyspiel", "openspiel")
policies = optional_module("open_spiel.python.policy", "openspiel")
policy_value = optional_module("open_spiel.python.algorithms.expected_game_score", "openspiel").policy_value
action_value = optional_module("open_spiel.python.algorithms.action_value", "openspiel")

GAMES = [
    "kuhn_poker",
    "kuhn_poker(players=3)",
    "leduc_poker",
    "liars_dice(numdice=1,dice_sides=3)",
    "tiny_hanabi",
    "nim(pile_sizes=1;2;3)",
    "turn_based_simultaneous_game(game=goofspiel(num_cards=3,points_order=random))",
]
CLOSE = 1e-12  # OpenSpiel adds up floats, at most some ten thousand products no larger than 13


def as_openspiel_has_it(game, table):
    found = policies.TabularPolicy(game)
    for seen, row in table.items():
        found.policy_for_key(seen)[:] = [float(row.get(action, 0)) for action in range(game.num_distinct_actions())]
    return found


@pytest.fixture(params=GAMES)
def played(request, uneven):
    """A game of OpenSpiel with a policy for all of its players, as a table and as OpenSpiel has it."""
    game = pyspiel.load_game(request.param)
    table = uneven(from_openspiel(game, opponents="same"))
    return game, table, [as_openspiel_has_it(game, table)] * game.num_players()


def test_the_value_of_self_play(played):
    game, table, policy = played
    values = policy_value(game.new_initial_state(), policy)
    for player in range(game.num_players()):
        found = expected_return(from_openspiel(game, player=player, opponents="same"), table)
        assert float(found) == pytest.approx(values[player], abs=CLOSE)


def test_the_value_against_opponents_from_a_table(played):
    game, table, policy = played
    values = policy_value(game.new_initial_state(), policy)
    for player in range(game.num_players()):
        tree = unroll(from_openspiel(game, player=player, opponents=table))
        own = {seen: table[seen] for seen in tree.observations}
        assert float(expected_return(tree, own)) == pytest.approx(values[player], abs=CLOSE)


def test_the_partials(played):
    game, table, policy = played
    calculator = action_value.TreeWalkCalculator(game)
    calculator.compute_all_states_action_values(policy)
    found = partials(from_openspiel(game, opponents="same"), table)
    theirs = {
        (seen, action): values[0]
        for (_, seen), by_action in calculator.weighted_action_values.items()
        for action, values in by_action.items()
    }
    assert {key: float(value) for key, value in found.items()} == pytest.approx(theirs, abs=CLOSE)


def test_the_value_of_tic_tac_toe(uniform):
    game = pyspiel.load_game("tic_tac_toe")
    values = policy_value(game.new_initial_state(), [policies.UniformRandomPolicy(game)] * 2)
    for opponents in ("same", "uniform"):
        for player in (0, 1):
            tree = unroll(from_openspiel(game, player=player, opponents=opponents, observe="state"))
            assert float(expected_return(tree, uniform(tree))) == pytest.approx(values[player], abs=CLOSE)


def test_control_another_row_would_be_noticed(uneven):
    game = pyspiel.load_game("leduc_poker")
    table = uneven(from_openspiel(game, opponents="same"))
    values = policy_value(game.new_initial_state(), [as_openspiel_has_it(game, table)] * 2)
    seen = next(iter(table))
    other = table | {seen: dict(zip(table[seen], reversed(table[seen].values()), strict=True))}
    assert other != table
    found = expected_return(from_openspiel(game, opponents="same"), other)
    assert float(found) != pytest.approx(values[0], abs=CLOSE)
