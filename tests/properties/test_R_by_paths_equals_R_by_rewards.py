"""The expected return summed over paths is the expected return summed over rewards, for every policy."""

from hypothesis import given

from gradcheck import games, symbolic_sums
from gradcheck.strategies import policies, robot_games


@given(game=robot_games(), policy=policies(games.robot()))
def test_at_random_policies(game, policy):
    at = symbolic_sums(game).at(policy)
    assert sum(at.R_by_paths) == sum(at.R_by_rewards) == at.R == at.evaluation.expected_return


@given(game=robot_games())
def test_as_polynomials_where_probabilities_sum_to_1(game):
    assert symbolic_sums(game).forms_agree


@given(game=robot_games(), policy=policies(games.robot()))
def test_step_by_step(game, policy):
    at = symbolic_sums(game).at(policy)
    assert sum(at.R_by_steps) == at.R


def test_control_off_the_simplex_they_differ():
    # x = (1, 1, …, 1) is no policy: the sum over paths counts the diamond once for each way to go on.
    polynomials = symbolic_sums(games.robot()).polynomials
    assert polynomials.R_by_paths != polynomials.R


def test_control_a_changed_reward_is_noticed(with_terms):
    polynomials = symbolic_sums(games.robot()).polynomials
    first, *others = polynomials.rewards
    changed = with_terms(polynomials, rewards=(first._replace(reward=first.reward + 1), *others))
    assert not changed.forms_agree
