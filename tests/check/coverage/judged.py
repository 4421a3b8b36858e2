"""Losses in the form of most faults, and what ``check`` says of them."""

from functools import partial

import torch
from torch.distributions import Categorical

from gradcheck.checking.conditions.registry import condition_named
from gradcheck.checking.judge import judge
from gradcheck.checking.question import read_question
from gradcheck.estimators.threads import one_thread

RIGHT = ("unbiased", "proportional")


def log_probs(policy, episodes, logits=lambda logits: logits):
    """[T] of the actions that were taken."""
    output = policy(episodes.observations)
    output = output[0] if isinstance(output, tuple) else output
    return Categorical(logits=logits(output)).log_prob(episodes.actions)


def weighted(weights):
    """The loss that weighs each log-probability with weights(episodes) [T]."""

    def loss(policy, episodes):
        return -(log_probs(policy, episodes) * weights(episodes)).sum() / episodes.num_episodes

    return loss


def scored(score):
    """The loss with another score(policy, episodes) [T] in the place of the log-probability."""

    def loss(policy, episodes):
        return -(score(policy, episodes) * episodes.future_returns).sum() / episodes.num_episodes

    return loss


plain = weighted(lambda episodes: episodes.future_returns)


@one_thread()
def judgement(loss, *, conditions="complete_episodes", **options):
    """Of one condition, without causes."""
    question = read_question(loss, conditions=conditions, **options)
    return judge(question, condition_named(conditions), max_batches=question.options.max_batches)


def passes(loss, **options):
    """Whether the verdict is unbiased or proportional."""
    return judgement(loss, **options).verdict in RIGHT


def hidden_by_tidy_games(loss, **options):
    """Whether it fails, and would not without the rough probes."""
    cases = judgement(loss, **options).cases
    wrong = {case.case.name for case in cases if case.comparison.verdict not in RIGHT}
    return bool(wrong) and all(case.case.rough for case in cases if case.case.name in wrong)


def named(losses):
    """{name: loss} as parameters of pytest."""
    return {"argnames": "loss", "argvalues": list(losses.values()), "ids": list(losses)}


def rewards_through(change):
    """Future returns of rewards that were changed first."""
    return weighted(partial(_returns, change))


def _returns(change, episodes):
    rewards = change(episodes.rewards)
    same = episodes.episode_index[:, None] == episodes.episode_index
    later = same & (episodes.time_steps[:, None] <= episodes.time_steps)
    return torch.where(later, rewards, torch.zeros_like(rewards)).sum(1)
