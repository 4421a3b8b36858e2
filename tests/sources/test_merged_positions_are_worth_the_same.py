"""In games of perfect information, observe="state" makes one of positions that look alike, and changes no value
of a policy that only looks at the position; a policy that remembers more is another matter."""

import pytest

from gradcheck import expected_return, unroll
from gradcheck.tree.sources.from_openspiel import from_openspiel

GAMES = {
    "tic-tac-toe, cut short": ("tic_tac_toe", {"horizon": 3}),
    "tic-tac-toe, self-play cut short": ("tic_tac_toe", {"horizon": 5, "opponents": "same"}),
    "nim": ("nim(pile_sizes=1;2;3)", {}),
    "nim, self-play": ("nim(pile_sizes=1;2;3)", {"opponents": "same", "player": 1}),
    "cliff walking": ("cliff_walking(height=3,width=4,horizon=6)", {}),
}


def memory_of(game, rows):
    """The policy for information states that looks up the position alone."""
    tree = unroll(game, merge=False)
    positions = {
        seen: tree.state_of(node) for node, seen in enumerate(map(tree.observations.__getitem__, tree.node_infoset))
    }
    return {seen: rows[str(position.state)] for seen, position in positions.items()}


@pytest.mark.parametrize("name", GAMES)
def test_the_value_stays_and_the_game_shrinks(name, uneven):
    text, options = GAMES[name]
    merged = unroll(from_openspiel(text, observe="state", **options))
    apart = unroll(from_openspiel(text, observe="information_state", **options))
    rows = uneven(merged)
    assert expected_return(merged, rows) == expected_return(apart, memory_of(apart, rows))
    assert merged.merged
    assert merged.num_nodes < apart.num_nodes
    assert len(merged.observations) < len(apart.observations)


def test_the_same_board_after_more_moves_is_another_position():
    # In cliff walking, a step back and forth leads to the same board; the game's own limit must hold there, too.
    game = from_openspiel("cliff_walking(height=3,width=4,horizon=4)", observe="state", horizon=50)
    tree = unroll(game)
    assert len(tree.node_levels) == 4
    start = game.starts()[0][1]
    up, down = 1, 3
    ((_, above, _, _),) = game.step(start, up)
    ((_, again, _, _),) = game.step(above, down)
    assert game.observe(again) == game.observe(start)
    assert again != start


def test_control_a_policy_that_remembers_has_another_value(uneven):
    text, options = GAMES["nim"]
    merged = unroll(from_openspiel(text, observe="state", **options))
    apart = unroll(from_openspiel(text, observe="information_state", **options))
    assert expected_return(merged, uneven(merged)) != expected_return(apart, uneven(apart))
