"""What the games and policies of a condition have, computed from their unrolled trees: the coverage matrix.

``python -m tests.check.coverage.features`` prints it: in each cell the number of probes that have a feature.
"""

from collections import Counter, defaultdict
from itertools import pairwise

import torch

from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.subjects import Battery
from gradcheck.estimators.distributions import action_log_probs

LARGE, BEYOND_CLIPS, SMALL_PROBABILITY, TINY_PROBABILITY, LONG = 5, 15, 0.05, 0.003, 3
#: Bounds of clips between and beside which a ratio may lie.
BOUNDS = (0, 0.7, 0.72, 0.8, 0.83, 1, 1.2, 1.28, 1.3, 2, 3, 10, float("inf"))


def cases_of(condition, *, seed=0, policy="logits"):
    """The cases of the battery under one condition."""
    return CONDITIONS[condition].cases(Battery(seed, policy), read_options({}))


def features_of(case):
    """The names of what one case has."""
    every = case.collector.all_episodes
    episodes, tree = every.episodes, case.tree
    rewards, seen = episodes.rewards, episodes.observations
    played = episodes.log_probs.exp()
    has = {
        "recurring observation": _recurs(episodes),
        "more than 3 steps": bool(episodes.lengths.max() > LONG),
        "more than 5 steps": bool(episodes.lengths.max() > LONG + 2),
        "4 actions or more": tree.legal_actions.shape[1] >= 4,
        "reward 0": bool((rewards == 0).any()),
        "tied rewards": _tied(episodes),
        "tied returns from one start": _tied_returns(episodes),
        "large reward": bool((rewards.abs() > LARGE).any()),
        "reward beyond clips": bool((rewards.abs() > BEYOND_CLIPS).any()),
        "reward of -5 or less": bool((rewards <= -LARGE).any()),
        "fractional reward": bool((rewards != rewards.round()).any()),
        "negative reward": bool((rewards < 0).any()),
        "negative observation": bool((seen < 0).any()),
        "fractional observation": bool((seen != seen.round()).any()),
        "observation beyond 1": bool((seen.abs() > 1).any()),
        "small probability": bool((played < SMALL_PROBABILITY).any()),
        "tiny probability": bool((played < TINY_PROBABILITY).any()),
        "several starts": tree.num_roots > 1,
        "starts of unequal probability": len(set(tree.rational_start[: tree.num_roots])) > 1,
        "starts of unequal lengths": _lengths_differ_between_starts(episodes),
        "chance": _chance(tree),
        "unequal lengths": len(set(episodes.lengths.tolist())) > 1,
        "illegal action": not bool(tree.legal_actions.all()),
        "illegal action after the start": _illegal_later(episodes),
        "bias at padding": _bias_at_padding(case),
        "shared parameters": tree.legal_actions.shape[0] > seen.shape[1],
    }
    return {name for name, present in has.items() if present} | _ratios(case, episodes)


def matrix():
    """{condition: {feature: how many probes have it}}."""
    return {name: Counter(feature for case in cases_of(name) for feature in features_of(case)) for name in CONDITIONS}


def shown(table):
    """The matrix as text."""
    names = sorted({feature for row in table.values() for feature in row})
    widths = [len(condition) for condition in table]
    lines = [" " * 34 + "  ".join(table)]
    for name in names:
        cells = (f"{row[name]:>{width}}" for row, width in zip(table.values(), widths, strict=True))
        lines.append(f"{name:<34}" + "  ".join(cells))
    return "\n".join(lines)


def _episodes(episodes):
    """[(episode, steps)] as slices of steps."""
    ends = episodes.lengths.cumsum(0).tolist()
    return [slice(end - length, end) for end, length in zip(ends, episodes.lengths.tolist(), strict=True)]


def _recurs(episodes):
    seen = [tuple(map(tuple, episodes.observations[steps].tolist())) for steps in _episodes(episodes)]
    return any(len(set(one)) < len(one) for one in seen)


def _tied(episodes):
    """Whether two (observation, action)s have a reward in common."""
    by_reward = defaultdict(set)
    for seen, action, reward in zip(
        *(one.tolist() for one in (episodes.observations, episodes.actions, episodes.rewards)), strict=True
    ):
        by_reward[reward].add((tuple(seen), action))
    return any(len(places) > 1 for places in by_reward.values())


def _tied_returns(episodes):
    starts = zip(episodes.group_index.tolist(), _episodes(episodes), strict=True)
    returns = Counter((start, round(float(episodes.rewards[steps].sum()), 9)) for start, steps in starts)
    return max(returns.values()) > 1


def _lengths_differ_between_starts(episodes):
    lengths = defaultdict(set)
    for start, length in zip(episodes.group_index.tolist(), episodes.lengths.tolist(), strict=True):
        lengths[start].add(length)
    return len({frozenset(one) for one in lengths.values()}) > 1


def _chance(tree):
    firsts = tree.choice_edge.tolist()
    return any(b - a > 1 for a, b in zip(firsts, [*firsts[1:], len(tree.edge_child)], strict=True))


def _illegal_later(episodes):
    later = episodes.time_steps > 0
    return bool((~episodes.legal_actions[later]).any())


def _bias_at_padding(case):
    with torch.no_grad():
        logits = case.policy(torch.zeros(1, case.collector.all_episodes.episodes.observations.shape[1]).double())
    logits = logits[0] if isinstance(logits, tuple) else logits
    return bool((logits - logits.mean()).abs().max() > 1e-6)


def _ratios(case, episodes):
    """Of each interval that a ratio lies in, with the sign of the future return there."""
    if case.behaviour is None:
        return set()
    ratios = (action_log_probs(case.policy, episodes).detach() - episodes.log_probs).exp().tolist()
    found = set()
    for ratio, worth in zip(ratios, episodes.future_returns.tolist(), strict=True):
        for least, most in pairwise(BOUNDS):
            if least < ratio < most and worth:
                found.add(f"ratio {least} to {most}, {'+' if worth > 0 else '-'}")
    return found


if __name__ == "__main__":
    print(shown(matrix()))
