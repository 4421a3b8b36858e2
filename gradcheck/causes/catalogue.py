"""All known mistakes, the simplest explanation first; and what is right, which they replace."""

from __future__ import annotations

from gradcheck.causes import (
    actions,
    averages,
    baselines,
    clipping,
    collection,
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
from gradcheck.causes.component import Feature, Form, Mistake
from gradcheck.causes.parts import RIGHT_WEIGHTS, episode_ratio, ratio
from gradcheck.estimators.averages import over_episodes, over_steps
from gradcheck.estimators.distributions import action_log_probs

#: Where several explain the numbers, the first is the one to name. Averages come first: what is wrong with a loss that
#: is averaged over steps may be just that, whatever else it does that makes no difference.
MISTAKES: tuple[Mistake, ...] = (
    *averages.MISTAKES,
    *returns.MISTAKES,
    *discounts.MISTAKES,
    *collection.MISTAKES,
    *baselines.MISTAKES,
    *groups.MISTAKES,
    *steps.MISTAKES,
    *scores.MISTAKES,
    *actions.MISTAKES,
    *ratios.MISTAKES,
    *clipping.MISTAKES,
    *critics.MISTAKES,
    *gradients.MISTAKES,
)

#: What is added to a loss.
TERMS: tuple[Mistake, ...] = terms.TERMS

_LOG_PROB = (Form(score=action_log_probs),)
_OF_A_STEP, _OF_AN_EPISODE = Form(score=ratio), Form(score=episode_ratio, across_episodes=False)
_WEIGHTS = tuple(Form(weights=weights, across_episodes=number > 1) for number, weights in enumerate(RIGHT_WEIGHTS))
_OVER_EPISODES, _OVER_STEPS = Form(average=over_episodes), Form(average=over_steps)


def right_scores(features: frozenset[Feature]) -> tuple[Form, ...]:
    """What is right to differentiate; with a policy that has moved, the ratio of the episode or of a step is in it.

    The first is what counts as true. The other is what many mean, so that their mistakes are made beside it.
    """
    if Feature.OFF_POLICY not in features:
        return _LOG_PROB
    ratios = (_OF_AN_EPISODE, _OF_A_STEP)
    return ratios[::-1] if Feature.STEPWISE in features else ratios


def right_weights() -> tuple[Form, ...]:
    """All are right with right scores and averages, and turn different with a mistake."""
    return _WEIGHTS


def right_averages(features: frozenset[Feature]) -> tuple[Form, ...]:
    """A buffer of a fixed number of steps is averaged over episodes or over steps, and both are right."""
    return (_OVER_EPISODES, _OVER_STEPS) if Feature.CUT in features else (_OVER_EPISODES,)
