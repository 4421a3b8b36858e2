"""Where another policy samples, a loss is right if it has the gradient of the expected return, and else it is not.

What brute force says is what is said: that a loss has the gradient of another thing, the surrogate whose steps are
importance-weighted one by one, never makes it right, unless that was asked for.
"""

from fractions import Fraction

import pytest
import torch

from gradcheck import InvalidArgument, TabularPolicy, check, games, objectives
from gradcheck.checking.probes.battery import BATTERY
from tests.check import brute_force
from tests.check.conditions.off_policy_losses import RIGHT, WRONG, self_normalised, token_level, whole_episode

QUICK = {"all_conditions": False, "counterexample": False}
PROBES = {probe.name: probe for probe in BATTERY}
GAMES = ("unequal_lengths", "two_starts", "chance")
REFERENCES = ("return", "stepwise")


def setting(name, discount=Fraction(1)):
    """A game of the battery, with one policy to optimise and another that samples."""
    game = PROBES[name].game(0, discount)
    policy, behaviour = (PROBES[name].policy(game, seed) for seed in (0, 1))
    return brute_force.Setting(name, "complete_episodes", game, policy, behaviour)


def said(loss, where, reference="return", batch=1):
    return check(
        loss, where.game, where.policy, behaviour=where.behaviour, batch=batch, reference=reference, **QUICK
    ).verdict


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("loss", RIGHT + WRONG)
@pytest.mark.parametrize("name", GAMES)
def test_the_verdict_is_that_of_brute_force(loss, name, reference):
    where = setting(name)
    assert said(loss, where, reference) == brute_force.verdict(loss, [where], 1, reference=reference)


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("loss", [whole_episode, token_level])
def test_with_a_discount(loss, reference):
    where = setting("unequal_lengths", Fraction(1, 2))
    assert said(loss, where, reference) == brute_force.verdict(loss, [where], 1, reference=reference)


def test_weights_of_single_steps_in_two_numbers():
    """Sampled uniformly: g = (0, 0, -3/8, 3/8) where the gradient of the return is (2/9, -2/9, -1/2, 1/2)."""
    game = games.stop_go()
    policy = TabularPolicy(game, {"first": ("2/3", "1/3"), "second": ("1/4", "3/4")})
    uniform = {"first": ("1/2", "1/2"), "second": ("1/2", "1/2")}
    result = check(token_level, game, policy, behaviour=uniform, batch=2, **QUICK)
    assert result.expected_gradient.tolist() == pytest.approx([0, 0, -3 / 8, 3 / 8])
    assert result.verdict == "biased"
    assert result.findings[0].cause == "stepwise_surrogate"


@pytest.mark.parametrize("loss", WRONG)
def test_most_of_these_are_wrong(loss):
    """What is right on one game need not be on another: each is wrong on at least one of these."""
    assert "biased" in {said(loss, setting(name)) for name in GAMES}


def test_the_note_says_how_a_loss_stands_to_the_other_gradient():
    where = setting("unequal_lengths")

    def note(loss, reference):
        options = {"behaviour": where.behaviour, "batch": 1, "reference": reference}
        return check(loss, where.game, where.policy, **options, **QUICK).notes["complete_episodes"]

    surrogate = "the surrogate whose steps are importance-weighted one by one"
    assert note(token_level, "return") == (
        f'Biased against the expected return; it is the gradient of {surrogate} (reference="stepwise" judges against '
        "that)."
    )
    assert note(token_level, "stepwise") == (
        f'Unbiased against {surrogate}; it is not the gradient of the expected return (reference="return" judges '
        "against that)."
    )
    half = lambda policy, e: token_level(policy, e) / 2  # noqa: E731
    assert "it is proportional to the gradient of the surrogate" in note(half, "return")


@pytest.mark.parametrize(("weigh", "reference"), [("steps", "stepwise"), ("episodes", "return")])
def test_the_limit_is_that_of_the_gradient_asked_for(weigh, reference):
    """Divided by their mean in the batch, weights are wrong at any size, and tend to what they are undivided."""
    where, loss = setting("unequal_lengths"), self_normalised(weigh)
    other = REFERENCES[reference == "return"]
    for asked, verdict in ((reference, "consistent"), (other, "biased")):
        assert brute_force.verdict(loss, [where], 2, reference=asked) == verdict
        assert said(loss, where, asked, batch=2) == verdict


def test_where_the_policy_samples_both_are_one():
    for reference in REFERENCES:
        result = check(token_level, batch=2, reference=reference, **QUICK)
        assert result.verdict == "unbiased"
        assert not result.notes


def test_an_objective_has_no_such_surrogate():
    with pytest.raises(InvalidArgument, match="where an objective is given"):
        check(token_level, objective=objectives.entropy_regularised(0.1), reference="stepwise")
    with pytest.raises(InvalidArgument, match="one of return, stepwise but got reference="):
        check(token_level, reference="ppo")


def test_control_the_two_gradients_are_two():
    for name in GAMES:
        one, other = (brute_force.references(token_level, setting(name), 1, reference=r)[0] for r in REFERENCES)
        assert torch.linalg.vector_norm(one - other) > 0.01
