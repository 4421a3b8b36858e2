"""A bonus that comes whatever is done raises R by itself, and changes no partial along the simplex."""

from hypothesis import assume, given

from gradcheck import TabularGame, games, symbolic_sums
from gradcheck.strategies import policies, rewards, robot_games


def with_bonus(game, bonus, where=lambda ends: ends):
    """The same game with a bonus on the outcomes that end an episode (the third step's ends it, too)."""
    last = (2, 0)
    table = {
        state: {
            action: [(p, s, reward + bonus * where(ends or state == last), ends) for p, s, reward, ends in outcomes]
            for action, outcomes in row.items()
        }
        for state, row in game.P.items()
    }
    return TabularGame(table, dict(game.start), game.horizon)


def along_the_simplex(sums, at):
    """x_a · (g_a - Σ_b x_b g_b) for each information set: what a change of logits does."""
    slopes = []
    for row in sums.tree.variable_of.tolist():
        mean = sum(at.x[v] * at.partials_R[v] for v in row)
        slopes += [at.x[v] * (at.partials_R[v] - mean) for v in row]
    return slopes


@given(game=robot_games(), policy=policies(games.robot()), bonus=rewards())
def test_slopes_along_the_simplex_stay(game, policy, bonus):
    before, after = symbolic_sums(game), symbolic_sums(with_bonus(game, bonus))
    at, raised = before.at(policy), after.at(policy)
    assert at.R + bonus == raised.R
    assert along_the_simplex(after, raised) == along_the_simplex(before, at)


@given(game=robot_games(), policy=policies(games.robot()), bonus=rewards())
def test_the_partials_themselves_rise_by_reach_times_bonus(game, policy, bonus):
    at, raised = symbolic_sums(game).at(policy), symbolic_sums(with_bonus(game, bonus)).at(policy)
    for before, after, reach in zip(at.partials_R, raised.partials_R, at.evaluation.reach, strict=True):
        assert after - before == reach * bonus


@given(policy=policies(games.robot(), positive=True), bonus=rewards())
def test_control_a_bonus_that_depends_on_what_is_done_does_change_them(policy, bonus):
    assume(bonus)
    before = symbolic_sums(games.robot())
    after = symbolic_sums(with_bonus(games.robot(), bonus, where=lambda ends: not ends))
    assert along_the_simplex(after, after.at(policy)) != along_the_simplex(before, before.at(policy))
