"""All named causes and terms, the simplest explanation first."""

from __future__ import annotations

from gradcheck.causes import (
    actions,
    averages,
    baselines,
    clipping,
    collection,
    combinations,
    critics,
    discounts,
    gradients,
    groups,
    ratios,
    returns,
    scores,
    steps,
    terms,
)
from gradcheck.causes.cause import Cause, Term

#: Where several explain the numbers, the first is the one to name. Averages come first: what is wrong with a loss that
#: is averaged over steps may be just that, whatever else it does that makes no difference.
CAUSES: tuple[Cause, ...] = (
    *averages.CAUSES,
    *returns.CAUSES,
    *discounts.CAUSES,
    *collection.CAUSES,
    *baselines.CAUSES,
    *groups.CAUSES,
    *steps.CAUSES,
    *scores.CAUSES,
    *actions.CAUSES,
    *ratios.CAUSES,
    *clipping.CAUSES,
    *critics.CAUSES,
    *gradients.CAUSES,
    *combinations.CAUSES,
)

TERMS: tuple[Term, ...] = terms.TERMS
