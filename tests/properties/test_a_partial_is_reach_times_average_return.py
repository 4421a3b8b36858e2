"""∂R/∂x_i is the probability of reaching the decision times the average return after the action."""

from hypothesis import given

from gradcheck import games, symbolic_sums
from gradcheck.strategies import policies, robot_games
from gradcheck.tree.symbolic.terms import product_of


def reach_and_average(sums, x, variable):
    """By brute force over the paths: how likely the decision is reached; the mean future return once x_i is taken."""
    observation, _ = sums.variables[variable]
    siblings = [v for v, (seen, _) in enumerate(sums.variables) if seen == observation]
    reach = worth = 0
    for path in sums.polynomials.paths:
        probability = path.chance * product_of(x[v] for v in path.variables)
        for step, taken in enumerate(path.variables):
            if taken in siblings:
                reach += probability
            if taken == variable:
                worth += probability * path.future_returns[step]
    return reach, worth / (reach * x[variable])


@given(game=robot_games(), policy=policies(games.robot(), positive=True))
def test_counting_paths_gives_the_partial(game, policy):
    sums = symbolic_sums(game)
    at = sums.at(policy)
    for variable, partial in enumerate(at.partials_R):
        if at.evaluation.reach[variable]:  # a certain slip leaves the hilltop unreached
            reach, average = reach_and_average(sums, at.x, variable)
            assert partial == reach * average
            assert (reach, average) == (at.evaluation.reach[variable], at.evaluation.average_return[variable])


@given(game=robot_games(), policy=policies(games.robot()))
def test_the_tree_says_the_same_at_the_edge_of_the_simplex(game, policy):
    at = symbolic_sums(game).at(policy)
    for variable, partial in enumerate(at.partials_R):
        assert partial == at.evaluation.reach[variable] * at.evaluation.average_return[variable]


def test_control_without_the_reach_it_is_not():
    at = symbolic_sums(games.robot()).at(games.robot_policy())
    assert list(at.partials_R) != list(at.evaluation.average_return)
