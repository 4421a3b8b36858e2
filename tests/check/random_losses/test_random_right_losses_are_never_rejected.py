"""Right losses that are drawn at random, written in many ways, get exactly the verdict that they deserve."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.check.random_losses.right_losses import BASELINES, OTHERS, right_losses
from tests.check.random_losses.verdicts import verdict_and_scale
from tests.exhaustive import examples

SEEDS = st.integers(0, 10**6)
POLICIES = st.sampled_from(("logits", "categorical"))


def has_the_verdict_it_deserves(loss, batch, seed, *, of=lambda loss: loss, **options):
    """Whether ``check`` says unbiased, or proportional with the scale that the divisor makes."""
    count = batch if isinstance(batch, int) else batch[0] * batch[1]
    scale = Fraction(count, loss.divisor or count)
    verdict, found = verdict_and_scale(of(loss), batch=batch, seed=seed, **options)
    if scale == 1:
        return verdict == "unbiased"
    return verdict == "proportional" and found == pytest.approx(float(scale), rel=1e-7)


@examples(30)
@given(data=st.data(), batch=st.integers(1, 4), seed=SEEDS, policy=POLICIES)
def test_on_complete_episodes(data, batch, seed, policy):
    loss = data.draw(right_losses(batch))
    assert has_the_verdict_it_deserves(loss, batch, seed, policy=policy)


@examples(16)
@given(data=st.data(), batch=st.integers(1, 4), seed=SEEDS, discount=st.sampled_from(("1/2", "1/3", "9/10", 0)))
def test_with_a_discount(data, batch, seed, discount):
    loss = data.draw(right_losses(batch))
    assert has_the_verdict_it_deserves(loss, batch, seed, condition="discounted", discount=discount)


@examples(16)
@given(data=st.data(), batch=st.sampled_from([(2, 1), (2, 2), (3, 1)]), seed=SEEDS)
def test_in_groups(data, batch, seed):
    count = batch[0] * batch[1]
    baselines = ("other_group", *BASELINES, *OTHERS)
    loss = data.draw(right_losses(count, baselines=baselines, groups=batch[0]))
    assert has_the_verdict_it_deserves(loss, batch, seed, condition="groups")


@examples(10)
@given(data=st.data(), batch=st.integers(1, 3), seed=SEEDS)
def test_importance_weights_of_each_step(data, batch, seed):
    loss = data.draw(right_losses(batch, importances=("each_step",)))
    assert has_the_verdict_it_deserves(loss, batch, seed, condition="moved_parameters", reference="stepwise")


@examples(10)
@given(data=st.data(), batch=st.integers(1, 3), seed=SEEDS)
def test_importance_weights_of_whole_episodes(data, batch, seed):
    kinds = ("whole_episode", "whole_episode_detached", "up_to_each_reward")
    loss = data.draw(right_losses(batch, importances=kinds))
    assert has_the_verdict_it_deserves(loss, batch, seed, condition="moved_parameters")


@examples(10)
@given(data=st.data(), batch=st.integers(1, 3), seed=SEEDS)
def test_control_a_baseline_that_depends_on_the_action_makes_it_wrong(data, batch, seed):
    loss = data.draw(right_losses(batch))

    def with_a_bad_baseline(loss):
        plain = replace(loss, calls_backward=False)

        def wrong(policy, episodes):
            log_probs = policy(episodes.observations).log_softmax(-1)
            taken = log_probs.gather(1, episodes.actions[:, None]).squeeze(1)
            return plain(policy, episodes) + (0.001 * taken * episodes.actions).sum()

        return wrong

    assert not has_the_verdict_it_deserves(loss, batch, seed, of=with_a_bad_baseline)
