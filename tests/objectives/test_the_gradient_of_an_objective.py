"""∇ Σ P(episode) · objective(policy, episode) is what torch makes of that sum, written down path by path."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import LinearPolicy, TabularGame, TabularPolicy, expected_return, games, policy_gradient
from gradcheck.estimators.policy_tables import probability_table
from gradcheck.objectives import discounted_return, entropy_regularised, kl_regularised, true_gradient
from gradcheck.strategies import games as any_games
from gradcheck.strategies import policies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths

ROUNDINGS = 1e-12


def by_paths(tree, policy, worth_of_step):
    """(J, ∇J): probabilities multiplied along every path; worth_of_step(infoset, probabilities [A], reward)."""
    table = probability_table(policy, tree)
    J = torch.zeros((), dtype=torch.float64)
    for path in paths(tree):
        probability, worth = torch.tensor(float(path.chance), dtype=torch.float64), 0.0
        for time, (edge, reward) in enumerate(zip(path.edges, path.rewards, strict=True)):
            infoset = tree.node_infoset[tree.edge_node[edge]]
            action = tree.rules.choice_action[tree.choice_rule[tree.edge_choice[edge]]]
            probability = probability * table[infoset, action]
            worth = worth + float(path.discount) ** time * worth_of_step(infoset, table[infoset], float(reward))
        J = J + probability * worth
    return J.item(), torch.cat([g.flatten() for g in torch.autograd.grad(J, list(policy.parameters()))])


def found(objective, tree, policy):
    J, gradient = true_gradient(objective, tree, policy)
    assert list(gradient) == [name for name, _ in policy.named_parameters()]
    return J, torch.cat([part.flatten() for part in gradient.values()])


def assert_close(one, other, scale=1.0):
    assert one[0] == pytest.approx(other[0], abs=ROUNDINGS * scale)
    torch.testing.assert_close(one[1], other[1], rtol=0, atol=ROUNDINGS * scale)


def entropy(probs):
    return -(probs * probs.log()).sum()


ROBOT = unroll(games.robot())
LATE = unroll(games.stop_go(discount="1/3"))
PLAYED = {
    "robot, table": (ROBOT, lambda: TabularPolicy(ROBOT, games.robot_policy())),
    "robot, linear": (ROBOT, lambda: LinearPolicy(ROBOT, games.robot_policy())),
    "stop_go, discounted": (LATE, lambda: TabularPolicy(LATE, {"first": ("1/3", "2/3"), "second": ("3/4", "1/4")})),
}


@pytest.fixture(params=PLAYED)
def played(request):
    tree, make = PLAYED[request.param]
    return tree, make()


def test_of_the_return(played):
    tree, policy = played
    assert_close(found(discounted_return, tree, policy), by_paths(tree, policy, lambda _, probs, reward: reward))


def test_of_the_return_with_entropy(played):
    tree, policy = played
    told = by_paths(tree, policy, lambda _, probs, reward: reward + 0.7 * entropy(probs))
    assert_close(found(entropy_regularised("7/10"), tree, policy), told)


def test_of_the_return_less_the_divergence_from_a_reference(played):
    tree, policy = played
    torch.manual_seed(0)
    reference = TabularPolicy(tree)
    with torch.no_grad():
        reference.logits.normal_()
    fixed = reference.logits.detach().softmax(-1)

    def worth(infoset, probs, reward):
        return reward - 0.7 * (probs * (probs / fixed[infoset]).log()).sum()

    assert_close(found(kl_regularised(0.7, reference), tree, policy), by_paths(tree, policy, worth))


def test_of_a_function_of_ones_own(played):
    """The last reward squared, times the log-probability of the first action: nothing that is a sum over steps."""
    tree, policy = played

    def objective(its_policy, episode):
        first = its_policy(episode.observations[:1]).log_softmax(-1)[0, episode.actions[0]]
        return episode.rewards[-1] ** 2 * first

    table = probability_table(policy, tree)
    J = sum(
        float(path.chance * path.rewards[-1] ** 2)
        * table[torch.as_tensor(tree.legal_actions)][list(path.variables)].prod()
        * table[0, tree.variables[path.variables[0]][1]].log()
        for path in paths(tree)
    )
    told = torch.cat([part.flatten() for part in torch.autograd.grad(J, list(policy.parameters()))])
    assert_close(found(objective, tree, policy), (J.item(), told), scale=100)  # rewards of 10, squared


def test_one_episode_at_a_time_is_the_same(played):
    tree, policy = played
    for objective in (discounted_return, entropy_regularised(0.5), kl_regularised(0.5)):
        one_by_one = found(lambda its_policy, episode, f=objective: f(its_policy, episode), tree, policy)
        assert_close(found(objective, tree, policy), one_by_one)


@settings(max_examples=60)
@given(data=st.data())
def test_of_the_return_is_the_policy_gradient_of_any_game(data):
    tree = unroll(data.draw(any_games()))
    policy = TabularPolicy(tree, data.draw(policies(tree, positive=True)))
    truth = float(expected_return(tree, policy)), policy_gradient(tree, policy)["logits"].flatten()
    assert_close(found(discounted_return, tree, policy), truth, scale=100)  # rewards up to 100


def test_illegal_actions_and_actions_never_taken_add_nothing():
    game = TabularGame({"a": {0: [(1, "end", 1, True)], 2: [(1, "end", 4, True)], 3: [(1, "end", 9, True)]}}, "a", 1)
    policy = TabularPolicy(game, {"a": ("1/3", 0, "2/3", 0)})
    p = torch.tensor([1 / 3, 2 / 3], dtype=torch.float64, requires_grad=True)
    for objective, extra in (
        (entropy_regularised(2), 2 * entropy(p)),
        (kl_regularised(2), 2 * entropy(p) - 2 * torch.tensor(3.0, dtype=torch.float64).log()),
    ):
        J, gradient = found(objective, game, policy)
        worth = p @ torch.tensor([1.0, 4.0], dtype=torch.float64) + extra
        (slope,) = torch.autograd.grad(worth, p, retain_graph=True)
        assert pytest.approx(worth.item(), abs=ROUNDINGS) == J
        told = p.detach() * (slope - p.detach() @ slope)  # the chain rule of softmax
        assert gradient[[0, 2]].tolist() == pytest.approx(told.tolist(), abs=ROUNDINGS)
        assert gradient[[1, 3]].tolist() == [0, 0]


def test_a_reference_is_held_fixed_even_if_it_is_the_policy_itself(played):
    tree, policy = played
    assert_close(found(kl_regularised(3, policy), tree, policy), found(discounted_return, tree, policy))


def test_control_a_bonus_without_the_states_it_leads_to_is_another_gradient():
    policy = TabularPolicy(ROBOT, games.robot_policy())
    table = probability_table(policy, ROBOT)
    reach = [1, 0.7, 0.378]
    bonus = sum(reach[infoset] * 0.7 * entropy(table[infoset]) for infoset in range(3))
    (of_bonus,) = torch.autograd.grad(bonus, policy.logits)
    blind = policy_gradient(ROBOT, policy)["logits"] + of_bonus
    J, gradient = found(entropy_regularised(0.7), ROBOT, policy)
    assert pytest.approx(2.636 + bonus.item(), abs=ROUNDINGS) == J
    assert (gradient - blind.flatten()).abs().max() > 0.05
