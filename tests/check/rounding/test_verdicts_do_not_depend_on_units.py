"""A loss or all rewards times 1e-10 or 1e10: the verdict, the trials behind it and the refusals stay as they are."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument, check, games
from tests.check.rounding.everyday import (
    OPTIONS,
    Table,
    action_baseline,
    arms,
    entropy_bonus,
    log_probs,
    plain,
    times,
    totals,
    weighed,
    wrong_sign,
)
from tests.exhaustive import examples

UNITS = [1e-10, 1.0, 1e10]
POLICY = {"s": ("1/5", "3/10", "1/2")}


def mean_baseline(policy, e):
    return weighed(lambda batch: (totals(batch) - totals(batch).mean())[batch.episode_index])(policy, e)


LOSSES = [plain, wrong_sign, action_baseline, entropy_bonus, mean_baseline]


@examples(25)
@given(loss=st.sampled_from(LOSSES), unit=st.sampled_from([1e-10, 1e10]))
def test_of_the_loss(loss, unit):
    """Whether it is right up to a factor, and how far its direction is off."""
    one, other = (check(times(factor, loss), arms(1, -2, 3), POLICY, **OPTIONS) for factor in (1.0, unit))
    assert (bool(one), one.verdict in {"unbiased", "proportional"}) == (bool(other), other.verdict == "proportional")
    assert one.direction_error == pytest.approx(other.direction_error, rel=1e-9, abs=1e-20)


@examples(25)
@given(loss=st.sampled_from([plain, wrong_sign, mean_baseline]), power=st.sampled_from([-10, 10]))
def test_of_the_rewards(loss, power):
    unit = Fraction(10) ** power
    one, other = (check(loss, arms(1 * f, -2 * f, 3 * f), POLICY, **OPTIONS) for f in (1, unit))
    assert one.verdict == other.verdict
    assert one.relative_bias == pytest.approx(other.relative_bias, rel=1e-9, abs=1e-12)


def best_of_batch(policy, e):
    returns = totals(e)
    alone = (returns == returns.max()).double()
    return -(log_probs(policy, e) * (alone * returns)[e.episode_index]).sum()


def other_way_when_vectorised(policy, e):
    try:
        large = e.future_returns.max().item() > 2
    except RuntimeError:
        large = False
    return weighed(lambda _: e.future_returns.clamp(max=0) if large else e.future_returns)(policy, e)


def first_left_out_where_it_won(policy, e):
    """Order matters: the first episode counts unless it had the larger return of the first two."""
    returns = totals(e)
    weights = returns.clone()
    weights[0] = returns[0] * (returns[0] <= returns[1])
    return -(log_probs(policy, e) * weights[e.episode_index]).sum() / e.num_episodes


@pytest.mark.parametrize("unit", UNITS)
def test_of_the_trials_whether_a_loss_is_a_sum(unit):
    with pytest.raises(InvalidArgument, match="batches to enumerate"):
        check(times(unit, best_of_batch), games.robot(), batch=40, max_batches=1000, **OPTIONS)


@pytest.mark.parametrize("unit", UNITS)
def test_of_the_trials_whether_a_loss_can_be_vectorised(unit):
    assert not check(times(unit, other_way_when_vectorised), arms(1, -2, 3), POLICY, **OPTIONS)


@pytest.mark.parametrize("unit", UNITS)
def test_of_the_trials_whether_order_matters(unit):
    game, policy = arms(*range(1, 7)), Table(0.3, 0.0, 0.5, -0.2, 0.1, -0.4)
    found = check(times(unit, first_left_out_where_it_won), game, policy, batch=5, **OPTIONS)
    assert found.by_batch_size[5].verdict == "biased"


@pytest.mark.parametrize("unit", UNITS)
def test_of_the_trials_whether_a_loss_remembers(unit):
    calls = []

    def counting(policy, e):
        calls.append(1)
        return unit * len(calls) * plain(policy, e)

    with pytest.raises(InvalidArgument, match="keeps nothing between calls"):
        check(counting, **OPTIONS)


@pytest.mark.parametrize("unit", UNITS)
def test_control_a_right_loss_stands_all_trials(unit):
    assert check(times(unit, plain), games.robot(), batch=40, max_batches=1000, **OPTIONS)
