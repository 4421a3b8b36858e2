"""Objectives with a term beside the return, written out once for the losses that are meant to follow them."""

from __future__ import annotations

import math

import torch

BETA = 0.5


def _log_policy(policy, episode):
    logits = policy(episode.observations)
    return logits.masked_fill(~episode.legal_actions, -math.inf).log_softmax(-1)


def return_and_entropy(policy, episode):
    """The return plus BETA times the entropy at every step."""
    log_policy = _log_policy(policy, episode)
    return episode.rewards.sum() - BETA * (log_policy.exp() * log_policy).sum()


def return_and_kl(policy, episode):
    """The return minus BETA times KL(policy ‖ uniform) at every step."""
    log_policy = _log_policy(policy, episode)
    actions = torch.tensor(float(log_policy.shape[-1]), dtype=torch.float64)
    return episode.rewards.sum() - BETA * (log_policy.exp() * (log_policy + actions.log())).sum()
