"""Two prompts: a token game in which one prompt asks for a single token, and the other for up to two."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.tree.game import TabularGame
from gradcheck.tree.games.token_game import END, token_game


def two_prompts() -> TabularGame:
    """A token game of three tokens and two prompts: one asks for a single token, the other for up to two.

    The first prompt comes with probability 1/3 and pays 0, 1 or 4 for its token. The second pays -1 for the empty text,
    2 for "1", 0 for "2" and, for texts that are cut after two words, 0, 1/2, 3 or -2.

    Good for: what goes wrong between prompts, in the smallest game that can show it (10 texts). The two have different
    lengths, different means and different deviations, and a policy with shared parameters trades one for the other: a
    group standard deviation, a mean over all tokens of a batch, or one baseline for both prompts turns the gradient.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> count_histories(two_prompts()).uniform_return
    Fraction(16, 27)
    """
    single = {(0, (token,)): reward for token, reward in enumerate((0, 1, 4))}
    ended = {(1, (END,)): -1, (1, (1, END)): 2, (1, (2, END)): 0}
    cut = {(1, (1, 1)): 0, (1, (1, 2)): Fraction(1, 2), (1, (2, 1)): 3, (1, (2, 2)): -2}
    return token_game(single | ended | cut, vocabulary=3, length=(1, 2), prompts=(Fraction(1, 3), Fraction(2, 3)))
