"""How much is enumerated, tried or listed at most, and what that costs: every limit on the work of a check."""

from __future__ import annotations

from typing import Final

#: Batches that are enumerated in one case, unless ``max_batches`` says otherwise. A loss that is evaluated batch by
#: batch takes a minute for them, one that is vectorised three seconds.
MOST_BATCHES: Final = 200_000

#: The same under a condition that was not asked for.
MOST_BATCHES_UNASKED: Final = 2_000

#: The same at a batch size that was not asked for; fewer where batches are evaluated one by one.
MOST_BATCHES_OTHER_SIZES: Final = 600
MOST_BATCHES_OTHER_SIZES_IN_A_LOOP: Final = 200

#: The same on a rough probe, which is left out where there are more.
MOST_BATCHES_OF_A_ROUGH_PROBE: Final = 5_000

#: Other batch sizes that are looked at.
OTHER_SIZES: Final = (1, 2, 3, 4, 8)

#: Batches are enumerated as sequences, whatever the loss does with their order, up to so many: seven episodes in fours.
MOST_SEQUENCES: Final = 2_500

#: Batches whose order is tried where sequences are too many; they hold every pair of up to seven episodes.
ORDER_TRIALS: Final = 24

#: Batches that are evaluated together, and the numbers in their gradients: 32 megabytes.
MOST_TOGETHER: Final = 4_096
MOST_NUMBERS_TOGETHER: Final = 4_000_000

#: Batches on which it is tried whether a loss is a sum over episodes or pairs. So many of each of three kinds: as many
#: different episodes as there are, episodes as likely as they are, one episode over and over.
STRUCTURE_TRIALS: Final = 48

#: Games, policies and batches tried in the search for a counterexample: a second or two; and the batches of each.
MOST_COUNTEREXAMPLES: Final = 120
MOST_BATCHES_OF_A_COUNTEREXAMPLE: Final = 100

#: Batches of one game in a search: as many as take a twentieth of a second, of 9 episodes in fours or 3 in batches of
#: 33. The questions that a failure is made simpler in, and the seconds for them, if the search had fewer; and trials
#: that were known before, one after another, at which it is said that there are no others.
MOST_BATCHES_OF_A_SEARCHED_GAME: Final = 600
MOST_SHRINKS: Final = 600
LEAST_SECONDS_TO_SHRINK: Final = 5.0
MOST_KNOWN_TRIALS_IN_A_ROW: Final = 500

#: Batches of a game that is not the battery's on which all mistakes are worked out; and batches on which one of them
#: is, at the size asked for (or as many as the loss itself has).
FEW_BATCHES: Final = 64
MOST_BATCHES_OF_A_MISTAKE: Final = 5_000

#: Tables of mistakes that are kept for later checks, of some megabytes each, and expected gradients, of some numbers.
KEPT_TABLES: Final = 32
KEPT_GRADIENTS: Final = 4_096

#: Cases whose free directions are kept for later checks: the battery's, under all conditions, several times over.
KEPT_DIRECTIONS: Final = 256

#: Parts of a hypothesis in all, and replacements or terms among them.
MOST_PARTS: Final = 4
MOST_PARTS_OF_A_KIND: Final = 2

#: Hypotheses with terms that are held at once: 32 megabytes a matrix.
MOST_HYPOTHESES_TOGETHER: Final = 4_000_000

#: Hypotheses with as many parts that are worked out at the batch size asked for; cases on which one more size is asked
#: about; and names that are given beside the first, which cannot be told from it.
MOST_HYPOTHESES_TRIED: Final = 24
CASES_CONFIRMED: Final = 2
MOST_OTHER_NAMES: Final = 3

#: (episodes, copies of them) in the batch that stands for an infinite one. No more: a loss that multiplies [T, 1] by
#: [T] makes [T, T] of them. Where order matters there are six copies, so that halves and thirds are right, too.
POPULATION: Final = (600, 1)
POPULATION_IN_PARTS: Final = (200, 6)

#: Such batches; as many as there are episodes, where their probabilities are no ratios.
MOST_POPULATIONS: Final = 256

#: Different episodes or groups: more do not fit in such a batch.
MOST_UNITS_OF_A_POPULATION: Final = 5_000

#: Numbers of episodes or groups at which E = A + B / number is tried, and the batches at one of them.
SMALL_SIZES: Final = ((1, 2, 3), (2, 3, 4))
MOST_BATCHES_AT_A_SMALL_SIZE: Final = 5_000

#: Batches sampled before a sequential test, to learn the range of a gradient, and how often it may be widened.
PILOT: Final = 64
WIDENED: Final = 4

#: Episodes or groups that the range of a gradient is looked for on: the likeliest, the rarest and the most extreme.
MOST_EXTREMES: Final = 600

#: Batches with one of them among others, at most.
MOST_OTHERS: Final = 32

#: Different groups that are listed to sample from.
MOST_UNITS_SAMPLED: Final = 200_000
