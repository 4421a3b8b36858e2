"""How batches are collected, the discount, where the parameters are and parts of a batch go with one another.

The corpus has losses under several conditions at once; here are names, given games with unequal starts, and what must
be true of a buffer whatever fills it.
"""

from fractions import Fraction

import pytest
import torch

from gradcheck import InvalidArgument, TabularGame, check
from gradcheck.checking.conditions.registry import CONDITIONS, condition_named
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.battery import BATTERY
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.checking.probes.subjects import Battery
from tests.check import brute_force
from tests.check.conditions.off_policy_losses import log_probs, token_level, whole_episode
from tests.exhaustive import the_first

QUICK = {"all_conditions": False, "counterexample": False}
PROBES = {probe.name: probe for probe in BATTERY}
#: Sums of at most a few thousand terms, in another order.
ROUNDING = 1e-10


def on_policy(policy, e):
    factors = e.discount ** e.time_steps.double()
    return -(log_probs(policy, e) * factors * e.future_returns).sum() / e.num_episodes


def unequal_starts():
    """Two starts of probability 1/3 and 2/3, one of which goes on for a second step; parameters are shared."""
    easy, hard, later = (1, 0, 1), (1, 1, 0), (1, 0, 2)
    table = {
        easy: {0: [(1, "end", 2, True)], 1: [("1/4", "end", -1, True), ("3/4", later, 1, False)]},
        hard: {0: [(1, "end", 3, True)], 1: [(1, "end", -4, True)]},
        later: {0: [(1, "end", 5, True)], 1: [(1, "end", -2, True)]},
    }
    return TabularGame(table, {easy: "1/3", hard: "2/3"}, 2)


def policy_of(seed):
    numbers = torch.Generator().manual_seed(seed)
    weight = torch.randn(2, 3, generator=numbers, dtype=torch.float64)
    return ProbePolicy(weight, weight[:1].clone())


def given(condition):
    return brute_force.Setting("given", condition, unequal_starts(), policy_of(0), policy_of(1))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("moved_parameters+groups", "groups + moved_parameters"),
        ("  groups +moved_parameters", "groups + moved_parameters"),
        ("micro_batches + moved_parameters + fixed_steps", "fixed_steps + moved_parameters + micro_batches"),
        ("discounted+complete_episodes", "discounted"),
        ("groups + groups", "groups"),
        ("illegal_actions + discounted + groups", "groups + discounted + illegal_actions"),
    ],
)
def test_names_are_normalised(given, name):
    assert condition_named(given).name == name
    assert read_options({"conditions": given}).conditions == (name,)
    assert read_options({"conditions": [given, name]}).conditions == (name,)


@pytest.mark.parametrize("name", ["groups + fixed_steps", "groups + complete_episodes", "groups + later", "+", ""])
def test_two_ways_to_collect_or_what_is_no_condition_is_refused(name):
    with pytest.raises(InvalidArgument, match="got conditions="):
        read_options({"conditions": name})


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_single_name_means_what_it_means_alone(name):
    assert condition_named(name) is CONDITIONS[name]


def test_probes_are_those_that_make_sense_each_once():
    options = read_options({})
    for name in ("groups + moved_parameters", "groups + discounted", "moved_parameters + micro_batches"):
        names = [case.name for case in condition_named(name).cases(Battery(0, "logits"), options)]
        assert len(names) == len(set(names))
        assert ("two_starts" in names) == name.startswith("groups")


def test_they_stand_in_the_result_under_their_name():
    result = check(whole_episode, conditions=["groups+moved_parameters", "discounted"], batch=4, **QUICK)
    assert set(result.by_condition) == {"groups + moved_parameters", "discounted"}
    assert result.conditions == ("groups + moved_parameters", "discounted")
    assert result.to_dict()["by_condition"]["groups + moved_parameters"] == "unbiased"


@pytest.mark.parametrize("reference", ["return", "stepwise"])
@pytest.mark.parametrize("loss", [whole_episode, token_level, on_policy])
@pytest.mark.parametrize(("collect", "condition", "batch"), [("groups", "groups", (2, 2)), ("steps", "fixed_steps", 3)])
def test_another_policy_may_sample_however_batches_are_collected(loss, collect, condition, batch, reference):
    where = given(condition)
    asked = {"collect": collect, "behaviour": where.behaviour, "reference": reference, "batch": batch}
    (probe,) = check(loss, where.game, where.policy, **asked, **QUICK).probes
    g = brute_force.expected_gradient(loss, where, batch)
    truths = brute_force.references(loss, where, batch, reference=reference)
    assert (probe.expected_gradient - g).abs().max() < ROUNDING
    assert min(float((probe.true_gradient - truth).abs().max()) for truth in truths) < ROUNDING
    assert probe.verdict == min((brute_force.relation(g, t)[0] for t in truths), key=brute_force.ORDER.index)


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_a_buffer_of_another_policy_has_the_gradient_of_as_many_steps_of_the_optimised_one(steps):
    """Its weighted reference, on batches that the other policy fills, and sums that know of no weight at all."""
    for where in (given("fixed_steps"), probe_setting("unequal_lengths")):
        weighted, _ = brute_force.references(on_policy, where, steps)
        assert (weighted - brute_force.gradient_of_as_many_steps(where, steps)).abs().max() < ROUNDING
        stepwise, _ = brute_force.references(on_policy, where, steps, reference="stepwise")
        assert (stepwise - weighted).abs().max() > 1e-3  # a control: with other weights it has not


def probe_setting(name):
    game = PROBES[name].game(0, Fraction(1))
    return brute_force.Setting(name, "fixed_steps", game, PROBES[name].policy(game, 0), PROBES[name].policy(game, 1))


@pytest.mark.parametrize("batch", [(2, 2), (3, 1), (4, 1)])
def test_groups_are_split_between_groups(batch):
    where = given("groups + micro_batches")

    def against_the_group(policy, e):
        same = (e.group_index[:, None] == e.group_index).double()
        totals = torch.zeros(e.num_episodes, dtype=torch.float64).index_add(0, e.episode_index, e.rewards)
        weights = (totals - 0.5 * same @ totals / same.sum(1))[e.episode_index]
        return -(log_probs(policy, e) * weights).sum() / e.num_episodes

    on = brute_force.Setting("given", where.condition, where.game, where.policy, where.policy)
    result = check(against_the_group, on.game, on.policy, conditions=where.condition, batch=batch, **QUICK)
    (probe,) = result.probes
    g = brute_force.expected_gradient(against_the_group, on, batch)
    assert (probe.expected_gradient - g).abs().max() < ROUNDING
    assert result.verdict == "unbiased"


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("batch", the_first(1, [2, 5, 4]))
def test_buffers_are_split_between_two_steps(batch, moved):
    """Averages over steps are those of the whole where the parts are equal, and whatever looks at episodes is not."""
    where = probe_setting("unequal_lengths")
    name = "fixed_steps + micro_batches"
    where = brute_force.Setting("it", name, where.game, where.policy, where.behaviour if moved else where.policy)

    def over_steps(policy, e):
        return -(log_probs(policy, e) * e.future_returns).mean()

    def own_returns(policy, e):
        returns, running = [], torch.zeros((), dtype=torch.float64)
        for t in reversed(range(len(e.rewards))):
            running = e.rewards[t] + (e.bootstrap_values[t] if e.dones[t] else running)
            returns.append(running)
        return -(log_probs(policy, e) * torch.stack(returns[::-1])).mean()

    def by_lengths(policy, e):
        return -(log_probs(policy, e) * e.future_returns / e.lengths[e.episode_index] * (1 + e.time_steps)).sum()

    for loss in (over_steps, own_returns, by_lengths):
        behaviour = {"behaviour": where.behaviour} if moved else {}
        result = check(loss, where.game, where.policy, conditions=name, batch=batch, **behaviour, **QUICK)
        g = brute_force.expected_gradient(loss, where, batch)
        assert (result.probes[0].expected_gradient - g).abs().max() < ROUNDING
        if loss is by_lengths:
            assert result.verdict == "biased"
        elif batch % 2 == 0:
            assert result.verdict == "unbiased"


@pytest.mark.parametrize("collecting", ["complete_episodes", "groups", "fixed_steps"])
def test_what_is_asked_about_a_given_game_collects_in_the_same_way(collecting):
    for other in set(CONDITIONS) - {"complete_episodes", "groups", "fixed_steps"}:
        condition = condition_named(f"{collecting} + {other}")
        asked = condition_named(condition.of_a_given_game)
        options = read_options({"batch": (2, 2)} if collecting == "groups" else {})
        assert asked.batch_of_size(4) == condition.batch_of_size(4)
        assert asked.size(options) == condition.size(options)


def test_a_discounted_loss_in_groups_has_a_counterexample():
    def immediate(policy, e):
        return -(log_probs(policy, e) * e.rewards).sum() / e.num_episodes

    result = check(immediate, conditions="groups + discounted", batch=(2, 2), all_conditions=False)
    assert result.counterexample.code.endswith('batch=(2, 2), conditions="groups")')
