"""With histories for observations a game is worth the same to whoever ignores them, and more to whoever does not."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import (
    Game,
    InvalidArgument,
    TabularGame,
    TabularPolicy,
    best_strategy,
    expected_return,
    games,
    policy_gradient,
    unroll,
)
from gradcheck.histories import with_histories
from gradcheck.objectives import discounted_return, true_gradient
from gradcheck.strategies import games as any_games
from gradcheck.strategies import policies
from gradcheck.tree.unrolling.observation_features import observation_features


class Rules:
    """A table's game given as code, without a horizon, with words for observations."""

    num_actions, horizon, discount = 2, None, Fraction(1, 2)

    def starts(self):
        return [(1, "begin")]

    def legal_actions(self, state):
        return [0, 1] if state == "begin" else [1]

    def step(self, state, action):
        if state == "begin":
            return [(Fraction(1, 3), "begin again", 1, False), (Fraction(2, 3), "end", action, True)]
        return [(1, "end", 5, True)]

    def observe(self, state):
        return state


def forgetful(game, table, remembering):
    """The policy of a table {observation: row}, for histories: the row of the present observation."""
    tree = unroll(game)
    row_of = dict(zip(map(tuple, observation_features(tree).tolist()), map(table.get, tree.observations), strict=True))
    wide, D = remembering.width, remembering.num_features
    policy = {}
    for history in unroll(remembering).observations:
        present = 1 + wide * int(history[0])
        policy[history] = row_of[tuple(map(float, history[present : present + D]))]
    return policy


def histories(game, actions):
    """Every different history, as nested tuples, by following the game itself."""
    found = set()

    def follow(state, past, time):
        here = (*past, game.observe(state))
        found.add(here)
        for action in game.legal_actions(state):
            for _, following, _, terminated in game.step(state, action):
                if not terminated and time + 1 != game.horizon:
                    follow(following, (*here, action) if actions else here, time + 1)

    for _, state in game.starts():
        follow(state, (), 0)
    return found


@settings(max_examples=80)
@given(data=st.data(), actions=st.booleans())
def test_who_looks_only_at_the_present_expects_the_same(data, actions):
    game = data.draw(any_games())
    table = data.draw(policies(game))
    remembering = with_histories(game, actions=actions)
    assert expected_return(remembering, forgetful(game, table, remembering)) == expected_return(game, table)


@settings(max_examples=80)
@given(game=any_games(), actions=st.booleans())
def test_there_are_as_many_information_sets_as_histories(game, actions):
    remembering = with_histories(game, actions=actions)
    tree = unroll(remembering)
    assert len(tree.observations) == len(histories(game, actions))
    assert {len(seen) for seen in tree.observations} == {1 + remembering.num_steps * remembering.width}


def test_every_number_of_a_history():
    game = TabularGame(
        {
            "a": {0: [(1, "b", 1, False)], 2: [(1, "c", 1, False)]},
            "b": {1: [(1, "a", 0, False)]},
            "c": {0: [(1, "end", 0, True)]},
        },
        "a",
        horizon=3,
        observations={"a": (5, Fraction(1, 2)), "b": (7, 0), "c": (5, 0)},
    )
    seen = unroll(with_histories(game)).observations
    after_two = (2, 5, 0.5, 1, 0, 0, 7, 0, 0, 1, 0, 5, 0.5, 0, 0, 0)
    assert seen == (
        (0, 5, 0.5, *[0] * 13),
        (1, 5, 0.5, 1, 0, 0, 7, 0, *[0] * 8),
        (1, 5, 0.5, 0, 0, 1, 5, 0, *[0] * 8),
        after_two,
    )
    without = with_histories(game, actions=False)
    assert unroll(without).observations[-1] == (2, 5, 0.5, 7, 0, 5, 0.5)
    steps, lengths = without.sequences(torch.tensor([[2, 5, 0.5, 7, 0, 5, 0.5], [0, 5, 0.5, 0, 0, 0, 0]]))
    assert steps.tolist() == [[[5, 0.5], [7, 0], [5, 0.5]], [[5, 0.5], [0, 0], [0, 0]]]
    assert lengths.tolist() == [3, 1]


class Recurrent(torch.nn.Module):
    """A GRU over the steps up to the present one."""

    def __init__(self, game):
        super().__init__()
        torch.manual_seed(0)
        self.game = game
        self.gru = torch.nn.GRU(game.width, 4, batch_first=True, dtype=torch.float64)
        self.head = torch.nn.Linear(4, game.num_actions, dtype=torch.float64)

    def forward(self, observations):
        steps, lengths = self.game.sequences(observations)
        outputs, _ = self.gru(steps)
        return self.head(outputs[torch.arange(len(steps)), lengths - 1])


@pytest.mark.parametrize("actions", [True, False])
def test_a_recurrent_policy_has_an_exact_gradient(actions):
    game = with_histories(games.hallway(), actions=actions)
    policy = Recurrent(game)
    of_R = policy_gradient(game, policy)
    _, by_episodes = true_gradient(discounted_return, game, policy)
    for name, gradient in of_R.items():
        torch.testing.assert_close(gradient, by_episodes[name], rtol=0, atol=1e-14)
    assert of_R["gru.weight_hh_l0"].abs().max() > 1e-4  # what it remembers matters


def test_who_remembers_finds_the_way_out_of_the_hallway():
    hallway = games.hallway()
    assert best_strategy(with_histories(hallway)).expected_return == 3
    assert best_strategy(hallway).expected_return == Fraction(12, 5)  # control: without a memory it does not


def test_a_game_given_as_code_without_a_horizon():
    game = with_histories(Rules())
    assert isinstance(game, Game)
    assert (game.horizon, game.num_steps, game.num_features, game.width) == (None, 2, 2, 4)
    table = {"begin": ("1/4", "3/4"), "begin again": (0, 1)}
    told = Fraction(1, 3) * (1 + Fraction(5, 2)) + Fraction(2, 3) * Fraction(3, 4)
    assert expected_return(game, forgetful(Rules(), table, game)) == expected_return(Rules(), table) == told


def test_what_is_no_game_or_no_history_is_refused():
    with pytest.raises(InvalidArgument, match="Expected a game"):
        with_histories("hallway")
    with pytest.raises(InvalidArgument, match="Expected True or False but got actions='all'"):
        with_histories(games.hallway(), actions="all")
    with pytest.raises(InvalidArgument, match=r"Expected observations \[T, 13\] but got the shape of observations"):
        with_histories(games.hallway()).sequences(torch.zeros(2, 3))


def test_control_a_player_whose_memory_matters_is_worth_something_else():
    game = games.hallway()
    remembering = with_histories(game)
    of_the_present = {(0,): ("1/2", "1/2"), (1,): (0, 1)}
    table = forgetful(game, of_the_present, remembering)
    first = unroll(remembering).observations[0]
    assert expected_return(remembering, table | {first: (0, 1)}) != expected_return(game, of_the_present)
    assert TabularPolicy(remembering).logits.shape[0] > TabularPolicy(game).logits.shape[0]
