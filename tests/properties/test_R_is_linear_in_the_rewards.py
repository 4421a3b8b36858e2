"""R and its partials of a game whose rewards are a·r + b·s are a times those for r plus b times those for s."""

from hypothesis import given

from gradcheck import TabularGame, games, symbolic_sums
from gradcheck.strategies import policies, rewards, robot_games


def combine(game, other, a, b):
    """The first game with its rewards replaced by a·r + b·s; both have the same outcomes."""
    table = {
        state: {
            action: [
                (p, s, a * reward + b * second[2], ends)
                for (p, s, reward, ends), second in zip(outcomes, other.P[state][action], strict=True)
            ]
            for action, outcomes in row.items()
        }
        for state, row in game.P.items()
    }
    return TabularGame(table, dict(game.start), game.horizon)


@given(game=robot_games(), other=robot_games(), policy=policies(games.robot()), a=rewards(), b=rewards())
def test_linear(game, other, policy, a, b):
    slip = game.P[1, 0][1][0][0]
    other = games.robot(**rewards_of(other), slip=slip)
    mixed = symbolic_sums(combine(game, other, a, b)).at(policy)
    first, second = symbolic_sums(game).at(policy), symbolic_sums(other).at(policy)
    assert a * first.R + b * second.R == mixed.R
    for got, r, s in zip(mixed.partials_R, first.partials_R, second.partials_R, strict=True):
        assert got == a * r + b * s


def rewards_of(game):
    (diamond,), (flag,) = (game.P[2, 1][a] for a in (0, 1))
    (fire_pit,), (slipped, back_up) = (game.P[1, 0][a] for a in (0, 1))
    (too_late,), (flag_after_diamond,) = (game.P[2, 0][a] for a in (0, 1))
    named = {
        "diamond": diamond,
        "flag": flag,
        "fire_pit": fire_pit,
        "slipped": slipped,
        "back_up": back_up,
        "too_late": too_late,
        "flag_after_diamond": flag_after_diamond,
    }
    return {name: outcome[2] for name, outcome in named.items()}


def test_control_in_the_probabilities_it_is_not_linear():
    half = dict.fromkeys(games.robot_policy(), (0, 1))
    policy = games.robot_policy()
    between = {seen: [(p + q) / 2 for p, q in zip(policy[seen], half[seen], strict=True)] for seen in policy}
    sums = symbolic_sums(games.robot())
    assert 2 * sums.at(between).R != sums.at(policy).R + sums.at(half).R
