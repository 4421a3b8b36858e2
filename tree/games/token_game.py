"""Token games: write a text token by token, and be paid when it is finished, as a language model is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import TabularGame
from gradcheck.tree.rationals import number, probabilities
from gradcheck.tree.types import Number, NumberLike
from gradcheck.tree.validation.arguments import numbers, whole_number

END = 0  # the token that ends a text
PADDING = -1  # in an observation: no token there yet

_MAX_NUMBERS = 200_000  # in the table: a few seconds

#: The tokens of a text: it ends with END, or it was cut at the limit of its prompt.
Text: TypeAlias = "tuple[int, ...]"
#: What a text is worth: a function of (prompt, text), or a table by (prompt, text), 0 where it has no entry.
Rewards: TypeAlias = "Callable[[int, Text], NumberLike] | Mapping[tuple[int, Text], NumberLike]"


def token_game(
    rewards: Rewards, *, vocabulary: int, length: int | Sequence[int], prompts: Sequence[NumberLike] = (1,)
) -> TabularGame:
    """Write a text token by token, and be paid for it when it is finished.

    Chance picks a prompt. Each action appends a token; token 0 ends the text, and a text that reaches its limit is cut
    there. The player sees the prefix as ``(prompt, token, …, token)``, padded with -1 to the length of the longest
    prefix that has a decision after it: tuples of numbers, all of one length, which networks read as they are
    (``observations[:, 0]`` is the prompt; an embedding takes ``observations.long() + 1``).

    Good for: losses of language models. Texts of different lengths expose averages over tokens and over each text's
    length, and padding that is counted; several prompts expose group means, deviations and statistics taken over the
    wrong rows; outcome rewards expose a reward at the wrong token.

    Args:
        rewards: of a finished text, a function ``rewards(prompt, text)`` or a table ``{(prompt, text): reward}``, in
            which a text that is missing is worth 0. A text is the tuple of its tokens, with its 0 if it has one.
        vocabulary: the number of tokens, the one that ends a text included.
        length: the limit of tokens, one for all prompts or one for each.
        prompts: their probabilities.

    Raises:
        InvalidArgument: if a number is out of range, a reward is no finite number, the table has an entry that is no
            text of the game, or the table would have more than 200,000 numbers.

    >>> from gradcheck.tree.games.game_size import count_histories
    >>> game = token_game({(0, (2, 0)): 9}, vocabulary=3, length=2)
    >>> count_histories(game).uniform_return, sorted(game.observations.values())
    (Fraction(1, 1), [(0, -1), (0, 1), (0, 2)])
    """
    tokens = whole_number(vocabulary, "vocabulary", least=2)
    chances = probabilities(numbers(prompts, "prompts"), "prompts", given=prompts)
    limits = _limits(length, len(chances))
    width = max(limits) - 1
    _refuse_large(tokens, limits)
    worth = _worth(rewards, tokens, limits)

    def outcome(prompt: int, text: Text) -> tuple[int, tuple[int, Text], Number, bool]:
        ended = text[-1] == END or len(text) == limits[prompt]
        return 1, (prompt, text), worth(prompt, text) if ended else Fraction(0), ended

    prefixes = [(prompt, prefix) for prompt, limit in enumerate(limits) for prefix in _prefixes(tokens, limit)]
    return TabularGame(
        {
            (prompt, prefix): {token: [outcome(prompt, (*prefix, token))] for token in range(tokens)}
            for prompt, prefix in prefixes
        },
        {(prompt, ()): chance for prompt, chance in enumerate(chances)},
        horizon=max(limits),
        observations={
            (prompt, prefix): (prompt, *prefix, *[PADDING] * (width - len(prefix))) for prompt, prefix in prefixes
        },
    )


def _limits(length: int | Sequence[int], prompts: int) -> tuple[int, ...]:
    if not isinstance(length, Sequence) or isinstance(length, str):
        return (whole_number(length, "length"),) * prompts
    if len(length) != prompts:
        raise invalid(f"{prompts} limits, one for each prompt", "length", length)
    return tuple(whole_number(limit, f"length[{i}]") for i, limit in enumerate(length))


def _refuse_large(tokens: int, limits: Sequence[int]) -> None:
    """Count the numbers of the table before it is made, and stop at the limit: there may be any number."""
    numbers_each = tokens + max(limits)  # rewards of what can follow, and the padded prefix
    prefixes = 0
    for limit in limits:
        written = 1
        for _ in range(limit):
            prefixes += written
            written *= tokens - 1
            if prefixes * numbers_each > _MAX_NUMBERS:
                hint = f"With {tokens} tokens, a limit of {limit} makes more: make one of them smaller."
                raise invalid(f"a token game with a table of at most {_MAX_NUMBERS:,} numbers", "length", limit, hint)


def _prefixes(tokens: int, limit: int) -> list[Text]:
    """The texts after which a token is chosen, the shorter ones first."""
    return [prefix for written in range(limit) for prefix in product(range(1, tokens), repeat=written)]


def _worth(rewards: Rewards, tokens: int, limits: Sequence[int]) -> Callable[[int, Text], Number]:
    if not isinstance(rewards, Mapping):
        if not callable(rewards):
            raise invalid("a function (prompt, text) -> reward, or a table of rewards", "rewards", rewards)
        return lambda prompt, text: number(rewards(prompt, text), f"rewards({prompt}, {text})")
    read: dict[object, Number] = {}
    for entry, reward in rewards.items():
        if not _is_text(entry, tokens, limits):
            hint = (
                f"A text is a tuple of tokens below {tokens}; {END} stands at its end only, or it has the full length."
            )
            raise invalid("(prompt, text) with a finished text of the game", "a key of rewards", entry, hint)
        read[entry] = number(reward, f"rewards[{entry}]")
    return lambda prompt, text: read.get((prompt, text), Fraction(0))


def _is_text(entry: object, tokens: int, limits: Sequence[int]) -> bool:
    match entry:
        case (int(prompt), (*words, int(last))) if isinstance(entry, tuple) and isinstance(entry[1], tuple):
            if not 0 <= prompt < len(limits) or len(words) >= limits[prompt]:
                return False
            finished = last == END or len(words) + 1 == limits[prompt]
            return finished and 0 <= last < tokens and all(isinstance(w, int) and 0 < w < tokens for w in words)
        case _:
            return False
