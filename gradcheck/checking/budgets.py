"""How much is enumerated, tried or listed at most, and what that costs: every limit on the work of a check."""

from __future__ import annotations

from typing import Final

#: Batches that are enumerated in one case, unless ``max_batches`` says otherwise. A loss that is evaluated batch by
#: batch takes a minute for them, one that is vectorised three seconds.
MOST_BATCHES: Final = 200_000

#: The same under a condition that was not asked for.
MOST_BATCHES_UNASKED: Final = 2_500

#: The same at a batch size that was not asked for; fewer where batches are evaluated one by one.
MOST_BATCHES_OTHER_SIZES: Final = 600
MOST_BATCHES_OTHER_SIZES_IN_A_LOOP: Final = 200

#: The same on a rough probe, which is left out where there are more.
MOST_BATCHES_OF_A_ROUGH_PROBE: Final = 5_000

#: Other batch sizes that are looked at.
OTHER_SIZES: Final = (1, 2, 3, 4, 8)

#: Batches are enumerated as sequences, whatever the loss does with their order, up to so many: seven episodes in fours.
MOST_SEQUENCES: Final = 2_500

#: Batches whose order is tried where sequences are too many; they hold every pair of up to seven episodes, and of more
#: episodes the likeliest with as many others. Half as many multisets are tried at a size that no one asked about.
ORDER_TRIALS: Final = 24

#: Multisets that are all tried in other orders before one order of each stands for all: so many cost a tenth of what
#: may be enumerated. Of more, those that are tried are drawn by their probability. Fewer where batches are evaluated
#: one by one, which costs half a millisecond each time.
MOST_REORDERED: Final = 20_000
MOST_REORDERED_IN_A_LOOP: Final = 600

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

#: Cases whose free directions, and the rounding of whose truth, are kept for later checks: the battery's, under all
#: conditions, several times over.
KEPT_CASES: Final = 256

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

#: Episodes or groups in batches that stand for large ones; and the most episodes in one. No more: a loss may multiply
#: [T, 1] by [T], which makes [T, T]. Where probabilities have a common denominator too large for the first, its
#: multiples are taken.
POPULATIONS: Final = (150, 300, 600, 1_200)
MOST_EPISODES_OF_A_POPULATION: Final = 2_400

#: Where order matters there are six copies, so that halves and thirds are right, too.
COPIES_WHERE_ORDER_MATTERS: Final = 6

#: Batches in whose average all episodes are as frequent as they are probable, where one cannot have them so: one more
#: than there are episodes, or as many as this, a second at each size, whose frequencies are rounded. Where there are
#: more than a few, the largest size is left out.
MOST_POPULATIONS: Final = 512
FEW_POPULATIONS: Final = 64

#: Different episodes or groups: more do not fit in such a batch.
MOST_UNITS_OF_A_POPULATION: Final = 5_000

#: Kinds of episodes of which a large batch is tried with one more and one fewer.
MOST_REMOVED: Final = 8

#: Steps on the ladder of batch sizes, all of whose batches are enumerated: how many batches and episodes in them, and
#: the layouts that must be evaluated one after another. Each is a twentieth of a second.
MOST_BATCHES_OF_A_STEP: Final = 2_500
MOST_EPISODES_OF_A_STEP: Final = 150_000
MOST_LAYOUTS_OF_A_STEP: Final = 24
LARGEST_STEP: Final = 64

#: The same where order matters, at a size that is larger by one at most: there, large batches say the least.
MOST_SEQUENCES_OF_A_STEP: Final = 5_000

#: Batches sampled before a sequential test, to learn the range of a gradient, and how often it may be widened.
PILOT: Final = 64
WIDENED: Final = 4

#: Episodes or groups that the range of a gradient is looked for on: the likeliest, the rarest and the most extreme.
MOST_EXTREMES: Final = 600

#: Batches with one of them among others, at most.
MOST_OTHERS: Final = 32

#: Different groups that are listed to sample from.
MOST_UNITS_SAMPLED: Final = 200_000
