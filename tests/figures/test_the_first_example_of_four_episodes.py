"""Figure: the episodes (x0, x3, x4), (x0, x2), (x1), (x0, x3, x5), added to the three sums step by step."""

import pytest
import sympy

from gradcheck import games, symbolic_sums

EPISODES = [(0, 3, 4), (0, 2), (1,), (0, 3, 5)]


@pytest.fixture(scope="module")
def sums():
    return symbolic_sums(games.robot())


@pytest.fixture(scope="module")
def episodes(sums):
    by_actions = {path.variables: path for path in sums.polynomials.paths}
    return [by_actions[variables] for variables in EPISODES]


def test_the_plain_sum_after_each_episode(sums, episodes):
    x0, x1, x2, x3, x4, x5 = sums.x
    told = [
        3 * x0 + 0 * x3 + 0 * x4,
        3 * x0 - 7 * x0 - 10 * x2,
        3 * x0 - 7 * x0 - 10 * x2 + 10 * x1,
        3 * x0 - 7 * x0 - 10 * x2 + 10 * x1 + 13 * x0 + 10 * x3 + 10 * x5,
    ]
    found = list(sums.sampled.running(episodes, "plain"))
    assert [sympy.expand(total) for total in found] == [sympy.expand(total) for total in told]


def test_the_terms_stay_as_they_were_added(sums, episodes):
    *_, last = sums.sampled.running(episodes, "plain")
    assert len(last.args) == sum(map(len, EPISODES)) == 9


def test_the_inverse_probability_sum_is_divided_by_the_number_of_episodes_so_far(sums, episodes):
    x0, x1, x2, x3, _, x5 = sums.x
    p0, p1, p2, p3, _, p5 = sums.p
    found = [sympy.expand(total) for total in sums.sampled.running(episodes, "inverse_prob")]
    assert found[0] == sympy.expand(3 * x0 / p0)
    assert found[1] == sympy.expand((-4 * x0 / p0 - 10 * x2 / p2) / 2)
    assert found[2] == sympy.expand((-4 * x0 / p0 - 10 * x2 / p2 + 10 * x1 / p1) / 3)
    assert found[3] == sympy.expand((9 * x0 / p0 - 10 * x2 / p2 + 10 * x1 / p1 + 10 * x3 / p3 + 10 * x5 / p5) / 4)


def test_the_log_sum_has_the_gradient_of_the_inverse_probability_sum(sums, episodes):
    freeze = dict(zip(sums.p, sums.x, strict=True))
    forms = zip(sums.sampled.running(episodes, "log_prob"), sums.sampled.running(episodes, "inverse_prob"), strict=True)
    for log_form, inverse_form in forms:
        for x in sums.x:
            difference = sympy.diff(log_form, x) - sympy.diff(inverse_form, x).subs(freeze)
            assert sympy.simplify(difference) == 0
