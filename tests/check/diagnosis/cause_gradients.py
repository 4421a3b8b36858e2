"""Expected gradients of mistakes, by plain enumeration: every batch with its probability."""

from copy import deepcopy
from dataclasses import fields, replace
from fractions import Fraction
from functools import cache
from itertools import product

import torch

from gradcheck.causes.catalogue import MISTAKES, right_averages, right_scores, right_weights
from gradcheck.causes.component import Feature
from gradcheck.checking.diagnosis.hypothesis import composed
from gradcheck.checking.probes.battery import BATTERY
from gradcheck.estimators.episode_list import all_episodes
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.threads import one_thread

_PER_EPISODE = ("lengths", "group_index")
_PER_STEP = tuple(f.name for f in fields(Episodes) if f.name not in {*_PER_EPISODE, "num_episodes", "discount"})
_ZERO, _RELATIVE = 1e-10, 1e-8
_MOVES = {"moved_parameters": 0.9, "moved_back": -0.9, "moved_far": 2.5}
_PROBES = {probe.name: probe for probe in BATTERY}


def joined(parts):
    """One batch of several, one after another."""
    by_step = {name: torch.cat([getattr(part, name) for part in parts]) for name in _PER_STEP}
    by_episode = {name: torch.cat([getattr(part, name) for part in parts]) for name in _PER_EPISODE}
    index = torch.arange(len(by_episode["lengths"])).repeat_interleave(by_episode["lengths"])
    number = len(by_episode["lengths"])
    return Episodes(**by_step | {"episode_index": index}, **by_episode, num_episodes=number, discount=parts[0].discount)


def cut(episode, steps, value):
    """The first steps of an episode, cut there; what would have followed is worth ``value``."""
    first = {name: getattr(episode, name)[:steps].clone() for name in _PER_STEP}
    last = torch.arange(steps) == steps - 1
    rewards = first["rewards"] + episode.discount * value * last
    returns = torch.stack([(rewards[t:] * episode.discount ** torch.arange(steps - t)).sum() for t in range(steps)])
    ends = {"dones": last, "truncated": last, "terminated": ~last & False, "bootstrap_values": value * last}
    return replace(episode, **first | ends | {"future_returns": returns}, lengths=torch.tensor([steps]))


def _prefix(episode, steps):
    seen = (episode.observations, episode.actions, episode.rewards, episode.next_observations)
    return tuple(tuple(part[:steps].flatten().tolist()) for part in seen)


def _buffers(episodes, size):
    """Every buffer of so many steps with its probability: (probability, list of episodes)."""
    whole = [(p, e) for p, e in episodes if len(e.rewards) <= size]
    for probability, episode in whole:
        left = size - len(episode.rewards)
        if not left:
            yield probability, [episode]
        else:
            yield from ((probability * p, [episode, *rest]) for p, rest in _buffers(episodes, left))
    prefixes = {}
    for probability, episode in episodes:
        if len(episode.rewards) > size:
            prefixes.setdefault(_prefix(episode, size), []).append((probability, episode))
    for alike in prefixes.values():
        probability = sum(p for p, _ in alike)
        value = sum(p * float(e.future_returns[size]) for p, e in alike) / probability
        yield probability, [cut(alike[0][1], size, value)]


@cache
def setting(condition, name, size):
    """The policy, and every batch of one condition on one probe: (policy, [(probability, batch)], game)."""
    probe = _PROBES[name]
    game = probe.game(0, Fraction(1, 2) if condition.startswith("discounted") else Fraction(1))
    policy = probe.policy(game, 0, "logits_and_value")
    every = all_episodes(game, policy)
    episodes = [(float(p), every.episodes.select([k])) for k, p in enumerate(every.probabilities)]
    if condition.endswith("fixed_steps"):
        return policy, [(p, joined(parts)) for p, parts in _buffers(episodes, size)], game
    if condition == "groups":
        starts = sorted({int(e.group_index) for _, e in episodes})
        chance = {s: sum(p for p, e in episodes if int(e.group_index) == s) for s in starts}
        batches = []
        for pair in product(starts, repeat=2):
            inside = [[(p / chance[s], e) for p, e in episodes if int(e.group_index) == s] for s in pair]
            weight = chance[pair[0]] * chance[pair[1]]
            for chosen in product(inside[0], inside[0], inside[1], inside[1]):
                batch = replace(joined([e for _, e in chosen]), group_index=torch.tensor([0, 0, 1, 1]))
                batches.append((weight * _product(chosen), batch))
        return policy, batches, game
    if condition in _MOVES:
        policy = deepcopy(policy)
        rows = torch.arange(policy.weight.numel(), dtype=policy.weight.dtype).reshape(policy.weight.shape)
        with torch.no_grad():
            policy.weight += _MOVES[condition] * torch.cos(1.7 * rows + 0.3)
    batches = [(_product(chosen), joined([e for _, e in chosen])) for chosen in product(episodes, repeat=size)]
    return policy, batches, game


def _product(chosen):
    probability = 1.0
    for p, _ in chosen:
        probability *= p
    return probability


def expected_gradient(loss, condition, name, size):
    """[P] minus the expected gradient in the parameters of the policy, the critic left out."""
    policy, batches, _ = setting(condition, name, size)
    # One backward pass for all batches: the gradient of the expected loss is the expected gradient.
    with one_thread():
        expectation = sum(probability * loss(policy, batch) for probability, batch in batches)
        (gradient,) = torch.autograd.grad(expectation, [policy.weight])
    return -gradient.flatten()


#: Every mistake in every form: (mistake, form), in the order of the catalogue.
FORMS = tuple((mistake, form) for mistake in MISTAKES for form in mistake.forms)


def loss_of(form, where, weights=0):
    """The loss that is right but for this form; of the right weights, those with this number."""
    has = features(where)
    return composed((form, right_scores(has)[0], right_weights()[weights], right_averages(has)[0]))


@cache
def of_form(number, where):
    """[P] of one entry of FORMS in one of the SETTINGS; computed once for all tests."""
    return expected_gradient(loss_of(FORMS[number][1], where), *where)


def parallel(g, t):
    """Whether g = c t with c > 0; nothing is parallel to what is not a number."""
    if not (g.isfinite().all() and t.isfinite().all()):
        return False
    if g.norm() <= _ZERO or t.norm() <= _ZERO:
        return bool(g.norm() <= _ZERO and t.norm() <= _ZERO)
    return bool((g / g.norm() - t / t.norm()).norm() <= _RELATIVE)


#: From those that tell most causes apart to those that few need: (condition, probe, episodes or steps in a batch).
SETTINGS = (
    ("complete_episodes", "unequal_lengths", 2),
    ("moved_parameters", "unequal_lengths", 2),
    ("complete_episodes", "three_arms", 3),
    ("fixed_steps", "unequal_lengths", 4),
    ("moved_back", "two_decisions", 2),
    ("moved_far", "two_decisions", 2),
    ("discounted", "unequal_lengths", 2),
    ("complete_episodes", "illegal_action", 2),
    ("discounted_fixed_steps", "unequal_lengths", 2),
    ("complete_episodes", "shared_parameters", 2),
    ("complete_episodes", "chance", 2),
    ("groups", "two_starts", 0),
    ("complete_episodes", "unequal_lengths", 3),
)


def features(where):
    """What a setting has; its policy always has a critic."""
    condition, name, _ = where
    found = {Feature.CRITIC}
    found |= {Feature.OFF_POLICY} if condition in _MOVES else set()
    found |= {Feature.CUT} if condition.endswith("fixed_steps") else set()
    found |= {Feature.DISCOUNT} if condition.startswith("discounted") else set()
    found |= {Feature.GROUPS} if condition == "groups" else set()
    return frozenset(found | ({Feature.ILLEGAL} if name == "illegal_action" else set()))
