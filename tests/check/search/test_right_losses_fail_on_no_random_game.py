"""Right losses of every sort are accepted on every game, policy and batch size that a search tries."""

import pytest
import torch

from gradcheck import estimators
from gradcheck.checking.question import read_question
from gradcheck.checking.search.search import search
from gradcheck.estimators import action_log_probs, over_steps
from tests.check.search.losses import of_totals, right, surrogate, totals
from tests.exhaustive import one_of_each

MOST = 40


def others_mean(totals):
    return (totals.sum() - totals) / (len(totals) - 1)


def next_ones_return(episodes):
    """The return of the episode before, as a baseline: order matters, and in expectation it does not."""
    return (totals(episodes) - totals(episodes).roll(1))[episodes.episode_index]


def returns_run_on(episodes):
    """To the end of the batch: what follows in other episodes has a score of mean zero."""
    return episodes.rewards.flip(0).cumsum(0).flip(0)


def first_and_later_thresholds(episodes):
    """Thresholds, sizes and horizons in the code that change nothing."""
    wrong = (episodes.rewards > -5) & (episodes.time_steps < 3) & (torch.tensor(episodes.num_episodes) < 32)
    return torch.where(wrong, episodes.future_returns, episodes.future_returns * 1.0)


def padded(policy, episodes):
    observations, mask = episodes.padded("observations")
    actions, returns = episodes.padded("actions")[0], episodes.padded("future_returns")[0]
    logits = policy(observations.flatten(0, 1)).view(*mask.shape, -1)
    log_probs = logits.log_softmax(-1).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
    return -(log_probs * returns * mask).sum(1).mean()


def episode_by_episode(policy, episodes):
    for number in range(episodes.num_episodes):
        own = episodes.select([number])
        (right(policy, own) / episodes.num_episodes).backward()


def weighted(policy, episodes):
    ratios = (action_log_probs(policy, episodes) - episodes.log_probs).exp()
    return -(ratios * episodes.future_returns).sum() / episodes.num_episodes


def token_mean(policy, episodes):
    return estimators.log_prob(policy, episodes, average=over_steps)


RIGHT = {
    "log_prob": (estimators.log_prob, {"accept": "unbiased"}),
    "inverse_prob": (estimators.inverse_prob, {"accept": "unbiased"}),
    "vanilla": (estimators.vanilla, {"accept": "consistent"}),
    "leave_one_out": (of_totals(lambda r: r - others_mean(r)), {"accept": "unbiased"}),
    "centred": (of_totals(lambda r: r - r.mean()), {}),
    "constant_baseline": (surrogate(lambda e: e.future_returns - 32), {"accept": "unbiased"}),
    "next_ones_return": (surrogate(next_ones_return), {"accept": "unbiased"}),
    "returns_run_on": (surrogate(returns_run_on), {"accept": "unbiased"}),
    "thresholds_that_change_nothing": (surrogate(first_and_later_thresholds), {"accept": "unbiased"}),
    "in_a_small_unit": (lambda policy, e: right(policy, e) * 1e-10, {}),
    "padded": (padded, {"accept": "unbiased"}),
    "episode_by_episode": (episode_by_episode, {"accept": "unbiased", "batch": 2}),
    "ratios_at_the_sampling_policy": (weighted, {"accept": "unbiased"}),
    "stepwise_ratios": (weighted, {"conditions": "moved_parameters", "reference": "stepwise", "batch": 2}),
    "discounted": (
        surrogate(lambda e: e.future_returns * 0.5**e.time_steps),
        {"conditions": "discounted", "accept": "unbiased"},
    ),
    "in_groups": (of_totals(lambda r: r - others_mean(r)), {"conditions": "groups", "batch": (2, 2)}),
    "in_buffers": (estimators.log_prob, {"conditions": "fixed_steps"}),
    "in_parts": (right, {"conditions": "micro_batches"}),
    "masked": (estimators.log_prob, {"conditions": "illegal_actions", "accept": "unbiased"}),
    "two_conditions": (right, {"conditions": ("complete_episodes", "groups")}),
    "consistent": (token_mean, {"accept": "consistent"}),
    "normalised": (of_totals(lambda r: (r - r.mean()) / (r.std() + 1e-8)), {"accept": "consistent", "batch": 3}),
}
SLOW = {"episode_by_episode", "in_parts", "in_buffers", "two_conditions"}


def conditions_and_verdict(name):
    options = RIGHT[name][1]
    return options.get("conditions"), options.get("accept")


@pytest.mark.parametrize("name", one_of_each(RIGHT, conditions_and_verdict, slow=SLOW.__contains__))
def test_it_is_accepted(name):
    loss, options = RIGHT[name]
    # Buffers of one step, and games of one step in buffers, are not judged: of those there are twice as many tries.
    most = MOST * (2 if options.get("conditions") == "fixed_steps" else 1)
    tried, failure = search(read_question(loss, **{"search": 1e6} | options), max_tries=most)
    assert failure is None
    assert tried.tried >= MOST / 2


@pytest.mark.parametrize("returns", ["categorical", "logits_and_value"])
def test_with_policies_that_return_something_else(returns):
    def loss(policy, episodes):
        made = policy(episodes.observations)
        logits = made.logits if returns == "categorical" else made[0]
        return right(lambda _: logits, episodes)

    tried, failure = search(read_question(loss, policy=returns, search=1e6), max_tries=MOST)
    assert failure is None
    assert tried.tried >= MOST / 2


def test_with_policies_of_the_users():
    def network(size, actions):
        return torch.nn.Sequential(torch.nn.Linear(size, 3), torch.nn.Tanh(), torch.nn.Linear(3, actions)).double()

    tried, failure = search(read_question(right, policy=network, search=1e6), max_tries=MOST)
    assert failure is None
    assert tried.tried >= MOST / 2
