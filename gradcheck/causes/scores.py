"""Something else than the logarithm of the probability with which the policy takes the action."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from gradcheck.causes.component import (
    Feature,
    Mistake,
    OtherScore,
)
from gradcheck.causes.parts import by_step, logits_of, ownership
from gradcheck.estimators.distributions import Policy, action_log_probs, action_probs
from gradcheck.estimators.episodes import Episodes

_LOG_SOFTMAX = "Use Categorical(logits=…).log_prob(actions), or log_softmax of the logits once."


def taken(values: Tensor, episodes: Episodes) -> Tensor:
    """[T] the column of the action taken, of [T, A]."""
    return values.gather(-1, episodes.actions.unsqueeze(-1)).squeeze(-1)


def masked_logits(policy: Policy, episodes: Episodes) -> Tensor:
    """[T, A] the logits as the policy gives them, -inf where an action is illegal."""
    return logits_of(policy, episodes.observations).masked_fill(~episodes.legal_actions, -torch.inf)


def every_log_prob(policy: Policy, episodes: Episodes) -> Tensor:
    """[T, A] the log-probabilities of all actions, 0 where illegal."""
    logs = masked_logits(policy, episodes).log_softmax(-1)
    return logs.masked_fill(~episodes.legal_actions, 0.0)


def _probability_of_episode(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] the probability of the whole episode's actions, at its first step; 0 at the others."""
    whole = (ownership(episodes) @ action_log_probs(policy, episodes)).exp()
    return by_step(episodes, whole) * (episodes.time_steps == 0)


def _clamped(policy: Policy, episodes: Episodes, *, least: float) -> Tensor:
    return action_probs(policy, episodes).clamp(min=least).log()


def _floored(policy: Policy, episodes: Episodes, *, floor: float) -> Tensor:
    return (action_probs(policy, episodes) + floor).log()


def _heated(policy: Policy, episodes: Episodes, *, temperature: float) -> Tensor:
    return taken((masked_logits(policy, episodes) / temperature).log_softmax(-1), episodes)


def _softmax_twice(policy: Policy, episodes: Episodes) -> Tensor:
    probabilities = masked_logits(policy, episodes).softmax(-1)
    return taken(probabilities.masked_fill(~episodes.legal_actions, -torch.inf).log_softmax(-1), episodes)


def _softmax_over_steps(policy: Policy, episodes: Episodes) -> Tensor:
    return taken(logits_of(policy, episodes.observations).log_softmax(0), episodes)


def _sigmoid(policy: Policy, episodes: Episodes) -> Tensor:
    return logsigmoid(taken(logits_of(policy, episodes.observations), episodes))


def _sigmoids(policy: Policy, episodes: Episodes) -> Tensor:
    logits = logits_of(policy, episodes.observations)
    chosen = episodes.actions[:, None] == torch.arange(logits.shape[-1], device=logits.device)
    return logsigmoid(torch.where(chosen, logits, -logits)).sum(-1)


def _over_batch(policy: Policy, episodes: Episodes, *, epsilon: float, correction: int) -> Tensor:
    logits = logits_of(policy, episodes.observations)
    off = logits - logits.mean(0)
    # The square root of 0 has no gradient; a column of equal logits stays 0.
    variance = off.square().sum(0) / max(len(off) - correction, 1)
    spread = torch.where(variance > 0, variance, torch.ones_like(variance)).sqrt() * (variance > 0)
    return taken((off / (spread + epsilon)).log_softmax(-1), episodes)


def _mixed(policy: Policy, episodes: Episodes, *, epsilon: float) -> Tensor:
    uniform = 1 / episodes.legal_actions.sum(-1).to(episodes.rewards.dtype)  # whole numbers would give float32
    return ((1 - epsilon) * action_probs(policy, episodes) + epsilon * uniform).log()


def _smoothed(policy: Policy, episodes: Episodes, *, epsilon: float) -> Tensor:
    mean = every_log_prob(policy, episodes).sum(-1) / episodes.legal_actions.sum(-1)
    return (1 - epsilon) * action_log_probs(policy, episodes) + epsilon * mean


def _over_probability(policy: Policy, episodes: Episodes) -> Tensor:
    logs = action_log_probs(policy, episodes)
    return logs / logs.detach().exp()


def _squared_error(policy: Policy, episodes: Episodes) -> Tensor:
    probabilities = masked_logits(policy, episodes).softmax(-1)
    return 2 * taken(probabilities, episodes) - probabilities.square().sum(-1)


def _entropies(policy: Policy, episodes: Episodes) -> Tensor:
    logs = every_log_prob(policy, episodes)
    return (logs.exp() * logs).masked_fill(~episodes.legal_actions, 0.0).sum(-1)


def _mask_times_logits(policy: Policy, episodes: Episodes) -> Tensor:
    return taken((logits_of(policy, episodes.observations) * episodes.legal_actions).log_softmax(-1), episodes)


def _unmasked(policy: Policy, episodes: Episodes) -> Tensor:
    return taken(logits_of(policy, episodes.observations).log_softmax(-1), episodes)


def _lowered(policy: Policy, episodes: Episodes, *, by: float) -> Tensor:
    logits = logits_of(policy, episodes.observations)
    return taken((logits - by * (~episodes.legal_actions).to(logits.dtype)).log_softmax(-1), episodes)


MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "legal_mask_missing",
        "Illegal actions are not ruled out, or only after the softmax: sampling gave them probability 0.",
        "Set the logits of illegal actions to -inf before the softmax: estimators.action_log_probs does.",
        OtherScore(_unmasked),
        frozenset({Feature.ILLEGAL}),
    ),
    Mistake(
        "illegal_logits_zero",
        "Logits are multiplied with the mask: an illegal action then has the logit 0, not the probability 0.",
        "Set the logits of illegal actions to -inf: logits.masked_fill(~episodes.legal_actions, -torch.inf).",
        OtherScore(_mask_times_logits),
        frozenset({Feature.ILLEGAL}),
    ),
    *(
        Mistake(
            "legal_mask_too_weak",
            f"The logits of illegal actions are lowered by {by:g} only: they keep some probability.",
            "Set the logits of illegal actions to -inf: logits.masked_fill(~episodes.legal_actions, -torch.inf).",
            OtherScore(partial(_lowered, by=by)),
            frozenset({Feature.ILLEGAL}),
        )
        for by in (1.0, 2.0, 5.0, 10.0)
    ),
    Mistake(
        "probability_for_log_probability",
        "The probability itself is differentiated, not its logarithm: rare actions count too little.",
        "Multiply returns with the log-probability, or divide the probability by its own detached value.",
        OtherScore(action_probs),
    ),
    Mistake(
        "logit_for_log_probability",
        "The logit of the action is differentiated as if it were its log-probability.",
        _LOG_SOFTMAX,
        OtherScore(lambda policy, e: taken(logits_of(policy, e.observations), e)),
    ),
    Mistake(
        "softmax_twice",
        "The softmax is taken twice: probabilities are used as logits.",
        "Pass probabilities as Categorical(probs=…), or leave out the softmax of the policy.",
        OtherScore(_softmax_twice),
    ),
    Mistake(
        "softmax_over_steps",
        "The softmax is taken over the steps of the batch, not over the actions of a step.",
        "Take it over the last dimension: log_softmax(dim=-1).",
        OtherScore(_softmax_over_steps, across_episodes=True),
    ),
    Mistake(
        "sigmoid_for_softmax",
        "Sigmoids of single logits stand for a softmax over actions.",
        _LOG_SOFTMAX,
        OtherScore(_sigmoid, _sigmoids),
    ),
    Mistake(
        "batch_normalised_logits",
        "Logits are normalised over the batch: what the policy says in one step depends on all others.",
        "Normalise with fixed statistics, the same in sampling and in the loss: policy.eval().",
        OtherScore(
            *(partial(_over_batch, epsilon=eps, correction=c) for eps in (1e-5, 1e-8) for c in (0, 1)),
            across_episodes=True,
        ),
    ),
    *(
        Mistake(
            "temperature",
            f"Logits are divided by a temperature of {temperature:g} in the loss, and were not in sampling.",
            "Use one temperature for both: leave the division out.",
            OtherScore(partial(_heated, temperature=temperature)),
        )
        for temperature in (0.5, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 2.0)
    ),
    *(
        Mistake(
            "epsilon_mixture",
            f"The log-probability is of a mixture with {epsilon:g} of the uniform policy, which did not sample.",
            "Take the log-probability under the policy that sampled, or sample from the mixture, too.",
            OtherScore(partial(_mixed, epsilon=epsilon)),
        )
        for epsilon in (0.01, 0.05, 0.1, 0.2, 0.3, 0.5)
    ),
    *(
        Mistake(
            "probability_floor",
            f"The logarithm is of the probability plus {floor:g}.",
            "Take log_softmax of the logits: it is finite without such a number.",
            OtherScore(partial(_floored, floor=floor)),
        )
        for floor in (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1)
    ),
    *(
        Mistake(
            "clamped_probability",
            f"Probabilities are clamped at {least:g} from below: actions rarer than that have no gradient.",
            "Take log_softmax of the logits: it needs no clamp.",
            OtherScore(partial(_clamped, least=least)),
        )
        for least in (0.1, 0.2, 0.25, 0.3, 0.5)
    ),
    *(
        Mistake(
            "label_smoothing",
            f"The log-probability is smoothed: {epsilon:g} of it is the mean over all actions.",
            "Use the log-probability of the action taken alone: cross_entropy(…, label_smoothing=0).",
            OtherScore(partial(_smoothed, epsilon=epsilon)),
        )
        for epsilon in (0.05, 0.1, 0.2)
    ),
    Mistake(
        "all_actions",
        "The log-probabilities of all actions are summed, not only that of the action taken.",
        "Select the action taken: log_probs.gather(-1, actions[:, None]).squeeze(-1).",
        OtherScore(
            lambda policy, e: every_log_prob(policy, e).sum(-1),
            lambda policy, e: every_log_prob(policy, e).sum(-1) / e.legal_actions.sum(-1),
        ),
    ),
    Mistake(
        "entropy_for_log_probability",
        "Returns are multiplied with the entropy of the policy, not with the log-probability of the action.",
        "Select the action taken: log_probs.gather(-1, actions[:, None]).squeeze(-1).",
        OtherScore(_entropies),
    ),
    Mistake(
        "squared_error_for_log_probability",
        "The squared distance of the probabilities from the action taken stands for its log-probability.",
        _LOG_SOFTMAX,
        OtherScore(_squared_error),
    ),
    Mistake(
        "divided_by_probability",
        "The gradient of the log-probability is divided by the probability: that is done by the logarithm already.",
        "Use the log-probability, or the probability divided by its own detached value.",
        OtherScore(_over_probability),
    ),
    Mistake(
        "episode_probability_for_log_probability",
        "The probability of the whole episode is differentiated, not its logarithm.",
        "Sum the log-probabilities of the episode's actions; do not take the product of the probabilities.",
        OtherScore(_probability_of_episode),
    ),
)
