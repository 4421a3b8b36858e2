"""The battery: small games that together expose every known mistake a loss over discrete actions can make.

One game never suffices: immediate rewards are right where there is one decision, dividing by a deviation where there
are two rewards, run-on returns wherever episodes are complete. Rewards and probabilities are drawn from a seed; the
shapes are fixed. Small games tell mistakes apart; rough ones have what tidy games lack, much of it at once.
"""

from __future__ import annotations

from functools import partial

from gradcheck.checking.probes import ratios, rough_games, small_games
from gradcheck.checking.probes.probe import Probe

THREE_ARMS = Probe(
    "three_arms",
    "baselines that depend on the action, normalisers, wrong log-probabilities: one decision, three rewards",
    small_games.three_arms,
)
TWO_DECISIONS = Probe(
    "two_decisions",
    "returns credited to the wrong step: two decisions with parameters of their own",
    small_games.two_decisions,
)
SHARED_PARAMETERS = Probe(
    "shared_parameters",
    "terms weighed differently at different steps: two decisions with shared parameters",
    small_games.shared_parameters,
)
UNEQUAL_LENGTHS = Probe(
    "unequal_lengths",
    "averages by length, padding, dropped steps: episodes of one, two and three steps",
    small_games.unequal_lengths,
)
CHANCE = Probe(
    "chance",
    "luck taken for skill: the same action is followed by different rewards and lengths",
    small_games.chance,
)
TWO_STARTS = Probe(
    "two_starts",
    "statistics over the wrong group: two prompts of different difficulty that share parameters",
    small_games.two_starts,
)
ILLEGAL_ACTION = Probe(
    "illegal_action",
    "a mask that was used in sampling, not in the loss: an action that is not always legal",
    small_games.illegal_action,
)

SIX_STEPS = Probe(
    "six_steps",
    "first visits, steps or returns that are cut, thresholds: long episodes in which observations come again",
    rough_games.six_steps,
    odds=rough_games.odds_of_six_steps,
    rough=True,
)
SHORT_AND_LONG = Probe(
    "short_and_long",
    "averages over starts, and what six steps are there for: two starts, of which one leads to longer episodes",
    rough_games.short_and_long,
    odds=rough_games.odds_of_short_and_long,
    moved=rough_games.odds_of_short_and_long_after_updates,
    rough=True,
)
RIGHT_OR_WRONG = Probe(
    "right_or_wrong",
    "ties, rewards of zero, a fourth action: two questions of which one is asked more often, rewards 0 and 1",
    rough_games.right_or_wrong,
    odds=rough_games.odds_of_right_or_wrong,
    rough=True,
)
FIVE_ARMS = Probe(
    "five_arms",
    "floors of probabilities, clips, a fifth action: one decision, probabilities down to 1/600, rewards from -60 to 30",
    rough_games.five_arms,
    odds=rough_games.odds_of_five_arms,
    rough=True,
)
NEAR_RATIOS = Probe(
    "near_ratios",
    "the bounds of clips: five steps, ratios from 0.71 to 1.29 with advantages of both signs",
    ratios.few_steps,
    odds=ratios.before(ratios.NEAR),
    moved=ratios.after(ratios.NEAR),
    rough=True,
)
FAR_RATIOS = Probe(
    "far_ratios",
    "clips of large ratios: three steps, ratios from 0.07 to 15 with advantages of both signs",
    partial(ratios.few_steps, steps=len(ratios.FAR)),
    odds=ratios.before(ratios.FAR),
    moved=ratios.after(ratios.FAR),
    rough=True,
)
ILLEGAL_LATER = Probe(
    "illegal_later",
    "the same where a baseline of the batch hides nothing: which actions are legal depends on the first",
    rough_games.illegal_later,
    odds=rough_games.odds_of_illegal_later,
    rough=True,
)
ILLEGAL_AGAIN = Probe(
    "illegal_again",
    "the same in long episodes: an action that is not legal in later steps, which look alike",
    rough_games.illegal_again,
    odds=rough_games.odds_of_illegal_again,
    rough=True,
)

SHARED_TRUNK = Probe(
    "shared_trunk",
    "advantages that are not detached, value losses of the wrong sign: a critic on the actor's own layers",
    small_games.unequal_lengths,
    far_values=True,
    rough=True,
    shared_trunk=True,
)

#: Those on which mistakes are told apart, in the order in which results list them.
BATTERY = (
    THREE_ARMS,
    TWO_DECISIONS,
    SHARED_PARAMETERS,
    UNEQUAL_LENGTHS,
    CHANCE,
    TWO_STARTS,
    ILLEGAL_ACTION,
)

#: Those that have what the others lack; they come after them.
ROUGH = (
    SIX_STEPS,
    SHORT_AND_LONG,
    RIGHT_OR_WRONG,
    FIVE_ARMS,
    NEAR_RATIOS,
    FAR_RATIOS,
    ILLEGAL_LATER,
    ILLEGAL_AGAIN,
    SHARED_TRUNK,
)
