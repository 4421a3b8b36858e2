"""Mistakes that show on few batches, in padding, in low precision or at times only are noticed all the same."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Categorical

from gradcheck import InvalidArgument, TabularGame, check, games

OPTIONS = {"counterexample": False, "all_conditions": False}
ARMS = TabularGame({"s": {a: [(1, "e", 5 * a - 50, True)] for a in range(20)}}, "s", 1)


def log_probs(policy, e):
    return Categorical(logits=policy(e.observations)).log_prob(e.actions)


def plain(policy, e):
    return -(log_probs(policy, e) * e.future_returns).sum() / e.num_episodes


def padded(policy, e, *, masked):
    seen, mask = e.padded("observations")
    actions, rewards = e.padded("actions")[0], e.padded("rewards")[0]
    scores = policy(seen).log_softmax(-1).gather(-1, actions[..., None])[..., 0]
    terms = scores * rewards.sum(1, keepdim=True)
    return -(terms * mask if masked else terms).sum() / e.num_episodes


@pytest.mark.parametrize("options", [{}, {"collect": "groups", "batch": (2, 2)}], ids=["episodes", "groups"])
def test_padding_that_is_counted_shows(options):
    right = check(lambda policy, e: padded(policy, e, masked=True), **options, **OPTIONS)
    wrong = check(lambda policy, e: padded(policy, e, masked=False), **options, **OPTIONS)
    assert (right.verdict, wrong.verdict) == ("unbiased", "biased")


def test_order_that_matters_to_one_pair_of_many_is_noticed():
    """Of 20 episodes only two, in one order, are treated otherwise."""

    def loss(policy, e):
        r = e.rewards
        factor = torch.where(r[0] > r[1] + 80, 3.0, 1.0)
        return plain(policy, e) * factor

    def either_way(policy, e):
        r = e.rewards
        factor = torch.where((r[0] - r[1]).abs() > 80, 2.0, 1.0)
        return plain(policy, e) * factor

    table = {"s": ["1/20"] * 20}
    one, both = (check(f, ARMS, table, batch=2, **OPTIONS) for f in (loss, either_way))
    assert one.verdict != "unbiased"
    # On average over both orders the factor is (3 + 1) / 2 wherever it is 2 in the second loss.
    assert one.expected_gradient.tolist() == pytest.approx(both.expected_gradient.tolist(), abs=1e-9)


def test_losses_that_take_another_way_when_vectorised_are_judged_by_the_loop():
    def loss(policy, e):
        try:
            large = e.future_returns.max().item() > 2
        except RuntimeError:
            large = False
        weights = e.future_returns.clamp(max=0.0) if large else e.future_returns
        return -(log_probs(policy, e) * weights).sum() / e.num_episodes

    def in_a_loop(policy, e):
        float(e.rewards.sum())
        return loss(policy, e)

    found, wanted = check(loss, **OPTIONS), check(in_a_loop, **OPTIONS)
    assert found.verdict == wanted.verdict == "biased"
    assert found.expected_gradient.tolist() == pytest.approx(wanted.expected_gradient.tolist(), abs=1e-12)


def test_a_structure_must_hold_on_likely_batches_too():
    game = TabularGame({"s": {a: [(1, "e", r, True)] for a, r in enumerate((1, 2, 5))}}, "s", 1)
    table = {"s": ("98/100", "1/100", "1/100")}

    def loss(policy, e):
        alike = (e.rewards == e.rewards[0]).all()
        return plain(policy, e) * (~alike if e.num_episodes > 1 else 1.0)

    with pytest.raises(InvalidArgument, match="no sum over single episodes"):
        check(loss, game, table, batch=40, max_batches=100, **OPTIONS)


def test_logits_in_float32_are_judged_at_its_rounding():
    def loss(policy, e):
        scores = policy(e.observations).float().log_softmax(-1).gather(-1, e.actions[:, None])[:, 0]
        return -(scores * e.future_returns).sum() / e.num_episodes

    assert check(loss, **OPTIONS).verdict == "unbiased"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_refused(dtype):
    with pytest.raises(InvalidArgument, match="a loss in float32 or float64"):
        check(plain, games.robot(), nn.Linear(2, 2).to(dtype), **OPTIONS)


def test_terms_that_cancel_to_rounding_errors_decide_nothing():
    def loss(policy, e):
        return -(log_probs(policy, e) * (e.future_returns - 1e12)).sum() / e.num_episodes

    found = check(loss, **OPTIONS)
    assert (found.verdict, bool(found)) == ("inconclusive", False)
    assert "Cannot be told at this precision" in found.remarks[0]
    scaled = check(lambda policy, e: plain(policy, e) * 1e12, **OPTIONS)
    assert scaled.verdict == "proportional"
    assert scaled.scale == pytest.approx(1e12)


def test_a_loss_that_is_random_at_times_is_refused():
    def loss(policy, e):
        factor = 2 * torch.rand(()) if (e.rewards > 0).all() else 1.0
        return plain(policy, e) * factor

    with pytest.raises(InvalidArgument, match=r"draws no random numbers|keeps nothing between calls"):
        check(loss, **OPTIONS)


def test_sizes_beyond_the_one_asked_for_are_right_too():
    """The return of the episode before is a baseline as good as any, and depends on order."""

    def loss(policy, e):
        r = e.future_returns
        before = torch.cat([torch.zeros(1, dtype=r.dtype), r[:-1]])
        return -(log_probs(policy, e) * (r - before)).sum() / e.num_episodes

    game = TabularGame({"s": {a: [(1, "e", r, True)] for a, r in enumerate((1, 2, 5))}}, "s", 1)
    for size in (1, 4):
        result = check(loss, game, batch=size, **OPTIONS)
        assert {at.verdict.value for at in result.by_batch_size.values()} == {"unbiased"}


def test_generators_and_threads_are_left_as_they_were():
    def random_loss(policy, e):
        return plain(policy, e) * 2 * (torch.rand(()) < 0.5) * (0.5 + np.random.rand() + 0 * random.random())  # noqa: NPY002

    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    threads = torch.get_num_threads()
    found = [check(random_loss, games.stop_go(), draws=50, **OPTIONS) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]  # noqa: NPY002
    assert random.getstate() == states[2]
    assert torch.get_num_threads() == threads
    assert torch.equal(found[0].expected_gradient, found[1].expected_gradient)


def test_a_policy_changed_behind_torchs_back_is_put_back():
    policy = nn.Linear(2, 2).double()
    before = policy.weight.detach().clone()

    def update(policy, e):
        plain(policy, e).backward()
        for parameter in policy.parameters():
            parameter.data -= 0.1 * parameter.grad

    result = check(update, games.robot(), policy, learning_rate=0.1, batch=2, **OPTIONS)
    assert result.verdict == "unbiased"
    assert torch.equal(policy.weight, before)


def test_one_free_probability_is_remarked_upon():
    result = check(plain, games.robot_one_step(), **OPTIONS)
    assert any("one free probability" in remark for remark in result.remarks)
    assert not any("one free probability" in remark for remark in check(plain, **OPTIONS).remarks)


def test_large_batches_are_refused_before_they_are_listed():
    with pytest.raises(InvalidArgument, match="batches to enumerate"):
        check(plain, batch=40, collect="steps", **OPTIONS)
    assert check(plain, games.robot(), games.robot_policy(), batch=40, counterexample=False).verdict == "unbiased"
