"""A survey, counted by states, says of any game what counting history by history says, and so does its policy."""

from fractions import Fraction

from hypothesis import given, settings

from gradcheck import TabularGame, games, strategies, unroll

# Every example walks through up to a hundred histories, several times.
some = settings(max_examples=200)


@some
@given(game=strategies.games())
def test_sizes_and_worth(game, histories, worth):
    every = [steps for _, steps, _ in histories(game)]
    found = games.survey(game)
    assert found.episodes == len(every)
    assert (found.shortest, found.longest) == (min(map(len, every)), max(map(len, every)))
    assert found.observations == len({seen for steps in every for seen, _ in steps})
    assert found.uniform_return == worth(game)


@some
@given(game=strategies.games())
def test_decisions(game):
    def decisions(state, time):
        after = [outcome for action in game.legal_actions(state) for outcome in game.step(state, action)]
        on = [following for _, following, _, terminated in after if not terminated and time + 1 != game.horizon]
        return 1 + sum(decisions(following, time + 1) for following in on)

    assert games.survey(game).decisions == sum(decisions(state, 0) for _, state in game.starts())


@some
@given(game=strategies.games())
def test_the_uniform_policy_gives_every_legal_action_the_same(game, worth):
    policy = games.uniform_policy(game)
    assert list(policy) == list(unroll(game).observations)
    for row in policy.values():
        assert sum(row) == 1
        assert len(row) == game.num_actions
        assert len(set(row) - {0}) == 1
    assert worth(game, policy) == worth(game)


def test_a_long_game_takes_no_longer_than_its_rules():
    """2**1000 histories, and a thousand steps."""
    coin = TabularGame({"toss": {side: [(1, "toss", side, False)] for side in (0, 1)}}, "toss", horizon=1000)
    found = games.survey(coin)
    assert found.episodes == 2**1000
    assert found.decisions == 2**1000 - 1
    assert found.uniform_return == 500


def test_states_that_cannot_be_reached_have_no_row():
    game = TabularGame({"a": {0: [(1, "b", 0, False)]}, "b": {0: [(1, "c", 0, True)]}}, "a", horizon=1)
    assert games.uniform_policy(game) == {"a": (Fraction(1),)}


def test_control_a_forgotten_start_is_noticed(histories):
    game = games.two_prompts()
    half = TabularGame(game.P, (0, ()), game.horizon, game.observations)
    assert games.survey(half).episodes != len(list(histories(game)))
