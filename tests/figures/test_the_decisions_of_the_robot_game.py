"""Figure: the table of decision nodes, observations, actions, outcomes, variables and initial probabilities."""

from fractions import Fraction

import pytest

from gradcheck import games, symbolic_sums
from gradcheck.tree.game_tree import ENDS
from gradcheck.tree.games.robot import FIRE_PIT_AFTER_DIAMOND, FLAG, FLAG_AFTER_DIAMOND, HILLSIDE, HILLTOP_AGAIN

TENTH = Fraction(1, 10)

#: variable: observation, action, probability, [(chance, reward, next state, ends)], as the talk tells them.
DECISIONS = {
    0: ((2, 1), 0, 7 * TENTH, [(1, 3, HILLSIDE, False)]),
    1: ((2, 1), 1, 3 * TENTH, [(1, 10, FLAG, True)]),
    2: ((1, 0), 0, 4 * TENTH, [(1, -10, FIRE_PIT_AFTER_DIAMOND, True)]),
    3: ((1, 0), 1, 6 * TENTH, [(TENTH, -10, FIRE_PIT_AFTER_DIAMOND, True), (9 * TENTH, 0, HILLTOP_AGAIN, False)]),
    4: ((2, 0), 0, 8 * TENTH, [(1, 0, HILLSIDE, True)]),
    5: ((2, 0), 1, 2 * TENTH, [(1, 10, FLAG_AFTER_DIAMOND, True)]),
}


@pytest.fixture(scope="module")
def sums():
    return symbolic_sums(games.robot())


@pytest.mark.parametrize("variable", DECISIONS)
def test_each_variable_is_the_talks(sums, variable):
    observation, action, probability, outcomes = DECISIONS[variable]
    tree = sums.tree
    assert sums.variables[variable] == (observation, action)
    assert sums.at(games.robot_policy()).x[variable] == probability
    edges = [e for e in range(tree.num_edges) if tree.choice_variable[tree.edge_choice[e]] == variable]
    found = [(tree.chance_of(e), tree.reward_of(e), tree.next_state_of(e), tree.edge_child[e] == ENDS) for e in edges]
    assert found == outcomes


def test_there_are_no_other_variables(sums):
    assert len(sums.variables) == len(DECISIONS)


def test_every_episode_ends_after_three_steps_at_most(sums):
    assert max(len(path.rewards) for path in sums.polynomials.paths) == 3
