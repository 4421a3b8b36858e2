"""What a named cause is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

from gradcheck.estimators.policy_gradients import Loss

#: What a setting may have: a discount below 1; a policy that is not the one that sampled; groups; episodes that are cut
#: short; a policy with a critic; actions that are not always legal; parts of a batch that are taken by themselves.
FEATURES = frozenset({"discount", "off_policy", "groups", "cut", "critic", "illegal", "parts"})


@final
@dataclass(frozen=True)
class Cause:
    """A mistake, made into a loss that is right but for it.

    A loss has this cause where its expected gradient is that of ``loss``, times one positive number, on all probes.

    Attributes:
        name: in lower case with underscores, such as "immediate_reward".
        title: what a loss with it does, in one sentence.
        remedy: what to do, in one sentence.
        loss: ``loss(policy, episodes)``, a scalar to minimise; it averages over episodes unless that is the mistake.
        needs: what a setting must have for the mistake to be one at all, of ``FEATURES``; elsewhere it is not asked.
    """

    name: str
    title: str
    remedy: str
    loss: Loss = field(repr=False)
    needs: frozenset[str] = frozenset()


@final
@dataclass(frozen=True)
class Term:
    """Something added to a policy-gradient loss, in any amount.

    A loss has this term where its expected gradient is that of the reference plus b > 0 times that of ``loss``, with
    one number b on all probes.

    Attributes:
        name: in lower case with underscores, such as "entropy_bonus".
        title: what a loss with it does, in one sentence.
        remedy: what to do about it, in one sentence.
        loss: ``loss(policy, episodes)``, the term as it would be added to a loss that is minimised.
    """

    name: str
    title: str
    remedy: str
    loss: Loss = field(repr=False)
