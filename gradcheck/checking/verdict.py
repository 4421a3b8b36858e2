"""The verdicts, with their words, and the one order they are in."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import final


@final
class Verdict(StrEnum):
    """How the expected gradient g of a loss, negated, stands to the true gradient t; equal to its own name in text.

    The members are listed from the best to the worst. Nothing is *biased* as long as a better verdict is undecided:
    *inconclusive* comes before *biased*.

    >>> Verdict.UNBIASED == "unbiased", Verdict("biased").at_least(Verdict.CONSISTENT)
    (True, False)
    """

    sentence: str
    next_step: str

    UNBIASED = (
        "unbiased",
        "The expected gradient of the loss is the true gradient.",
        "Nothing is to be done.",
    )
    PROPORTIONAL = (
        "proportional",
        "The expected gradient of the loss has the direction of the true gradient, but another length.",
        "Only the step size differs: a learning rate makes up for it, where the scale is one number.",
    )
    CONSISTENT = (
        "consistent",
        "The expected gradient of the loss points off the true one at this batch size, and turns towards it as batches "
        "grow.",
        "Use large batches, or take whatever is computed from the whole batch out of the loss.",
    )
    INCONCLUSIVE = (
        "inconclusive",
        "What could be computed does not decide whether the expected gradient is the true one.",
        "See the notes: more draws, a smaller game or batch, or numbers in float64 may decide.",
    )
    BIASED = (
        "biased",
        "The expected gradient of the loss does not point along the true gradient.",
        "The loss does not train what it should: see what was found, or run the counterexample.",
    )

    def __new__(cls, text: str, sentence: str, next_step: str) -> Verdict:
        """Make the member; Enum calls this with what stands on the right."""
        member = str.__new__(cls, text)
        member._value_ = text
        member.sentence, member.next_step = sentence, next_step
        return member

    def at_least(self, other: Verdict) -> bool:
        """Whether this is as good as the other; nothing undecided is as good as anything."""
        return self is not Verdict.INCONCLUSIVE and _ORDER.index(self) <= _ORDER.index(other)


_ORDER = tuple(Verdict)


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several answers to one question, of which one suffices: the gradients that count as true, say."""
    return min(verdicts, key=_ORDER.index)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Of answers that must all be good: over probes, or conditions."""
    return max(verdicts, key=_ORDER.index)


def at_best(verdict: Verdict, *, wrong_at_this_size: bool) -> Verdict:
    """The best that a verdict may still turn out to be, if it is not decided.

    Args:
        verdict: as far as it is known.
        wrong_at_this_size: whether the direction is known to be wrong, and only its limit may be open.

    >>> at_best(Verdict.INCONCLUSIVE, wrong_at_this_size=True).value
    'consistent'
    """
    if verdict is not Verdict.INCONCLUSIVE:
        return verdict
    return Verdict.CONSISTENT if wrong_at_this_size else Verdict.UNBIASED
