"""No other deterministic strategy has a larger expected return, shared observations included; and a player who forgets
nothing gets as far by backward induction, without trying them all."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings

from gradcheck import InvalidArgument, TabularGame, best_strategy, expected_return, games
from gradcheck import strategies as drawing
from gradcheck.strategies import policies, robot_games
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.best_policy import best_with_recall

OBSERVATIONS = tuple(games.robot_policy())


@settings(max_examples=100)
@given(game=robot_games(), policy=policies(games.robot()))
def test_nothing_is_better(game, policy):
    best = best_strategy(game)
    pure = {seen: (1 - action, action) for seen, action in best.actions.items()}
    assert expected_return(game, pure) == best.expected_return
    for actions in product((0, 1), repeat=3):
        other = {seen: (1 - action, action) for seen, action in zip(OBSERVATIONS, actions, strict=True)}
        assert expected_return(game, other) <= best.expected_return
    assert expected_return(game, policy) <= best.expected_return


def test_where_the_player_cannot_tell_states_apart_one_action_serves_both():
    # Alone, each room has a door worth 10; unseen, the best single choice is the right door, worth (10 + 0) / 2 + 1/2.
    rooms = {
        "a": {0: [(1, "out", 10, True)], 1: [(1, "out", 1, True)]},
        "b": {0: [(1, "out", 0, True)], 1: [(1, "out", 10, True)]},
    }
    blind = TabularGame(rooms, {"a": "1/2", "b": "1/2"}, horizon=1, observations={"a": "dark", "b": "dark"})
    best = best_strategy(blind)
    assert best.actions == {"dark": 1}
    assert best.expected_return == 11 / 2


def test_too_many_strategies_are_refused_with_their_number():
    with pytest.raises(InvalidArgument, match="number of strategies=8"):
        best_strategy(unroll(games.robot()), max_strategies=7)


def with_recall(game):
    """The same game for a player who sees all it has seen and done."""
    rules = game
    starts = {(state, ()): chance for state, chance in rules.start.items()}
    table, seen, waiting = {}, {}, list(starts)
    while waiting:
        at = waiting.pop()
        state, before = at
        seen[at] = (*before, rules.observe(state))
        table[at] = {}
        for action in rules.legal_actions(state):
            table[at][action] = []
            for chance, following, reward, terminated in rules.step(state, action):
                after = (following, (*seen[at], action))
                last = terminated or (rules.horizon is not None and len(before) // 2 + 1 >= rules.horizon)
                table[at][action].append((chance, after, reward, last))
                if not last:
                    waiting.append(after)
    return TabularGame(table, starts, rules.horizon, seen, rules.discount)


@settings(max_examples=100)  # some have thousands of strategies
@given(game=drawing.games(max_states=3, max_actions=2, max_horizon=2, max_outcomes=2))
def test_backward_induction_finds_what_trying_all_does(game):
    remembering = with_recall(game)
    found = best_with_recall(remembering)
    assert found is not None
    assert found.expected_return == best_strategy(remembering).expected_return
    legal = dict.fromkeys(found.actions, remembering.num_actions)
    pure = {seen: [int(a == found.actions[seen]) for a in range(n)] for seen, n in legal.items()}
    assert expected_return(remembering, pure) == found.expected_return
    assert found.expected_return >= best_strategy(game).expected_return  # to remember cannot hurt


@settings(max_examples=100)
@given(game=robot_games())
def test_backward_induction_on_the_robot_s_tree(game):
    assert best_with_recall(game) is not None
    assert best_with_recall(game).expected_return == best_strategy(game).expected_return


def test_in_floats_too():
    game = games.robot(slip=0.1, diamond=0.3)
    assert best_with_recall(game).expected_return == pytest.approx(best_strategy(game).expected_return, rel=1e-12)
    assert isinstance(best_with_recall(game).expected_return, float)


@pytest.mark.parametrize("game", [games.hallway(), games.kuhn_poker("both"), games.random_game(0)])
def test_control_for_a_player_who_forgets_there_is_no_such_strategy(game):
    """In the hallway backward induction would promise more than any deterministic strategy is worth."""
    assert best_with_recall(game) is None


def test_equally_good_strategies_are_compared_exactly():
    """In float64 the lottery pays more, by rounding alone; exactly both pay the same, and the first is named."""
    lottery = [("1/10", "end", 3, True), ("9/10", "end", 0, True)]
    assert 0.1 * 3 > 0.3
    assert best_strategy(TabularGame({"s": {0: [(1, "end", "3/10", True)], 1: lottery}}, "s", 1)).actions == {"s": 0}
    a_little_more = "300000000000000000001/1000000000000000000000"
    assert float(Fraction(a_little_more)) < 0.1 * 3
    game = TabularGame({"s": {0: lottery, 1: [(1, "end", a_little_more, True)]}}, "s", 1)
    assert best_strategy(game).actions == {"s": 1}
