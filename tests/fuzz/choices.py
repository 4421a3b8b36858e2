"""Named choices: a case is nothing but a few of them, so that it can be drawn, written down, replayed and shrunk.

Every decision on the way to a case has a name and a list of options. What was chosen is a mapping {name: number}; a
name that is not in it stands for the first option, which is the simplest. So any part of a case can be left out, and
what remains is still a case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar, final

T = TypeVar("T")


@final
class Choices:
    """Decisions by name.

    Args:
        given: {name: number of an option}; what is missing is 0.
        seed: draws them instead, each from the seed and its own name: none depends on the others.
    """

    def __init__(self, given: Mapping[str, int] | None = None, *, seed: str | None = None) -> None:
        self._given, self._seed = dict(given or {}), seed
        self.made: dict[str, int] = {}

    def pick(self, name: str, options: Sequence[T], simple: float = 0.0) -> T:
        """One of the options.

        Args:
            name: of the decision.
            options: the simplest first.
            simple: the probability of the first; the others share what is left. 0: all are equally probable.
        """
        if name not in self.made:
            self.made[name] = self._number(name, len(options), simple)
        return options[min(self.made[name], len(options) - 1)]

    def _number(self, name: str, count: int, simple: float) -> int:
        if self._seed is None:
            return min(self._given.get(name, 0), count - 1)
        numbers = Random(f"{self._seed} {name}")
        if simple and (count == 1 or numbers.random() < simple):
            return 0
        return numbers.randrange(1 if simple else 0, count)

    @property
    def text(self) -> str:
        """What was decided, but for the simplest: "loss.weight=3 start.1.odds=2"."""
        return " ".join(f"{name}={number}" for name, number in sorted(self.made.items()) if number)


def parse(text: str) -> dict[str, int]:
    """The choices that ``Choices.text`` wrote.

    >>> parse("size=2 loss.weight=3")
    {'size': 2, 'loss.weight': 3}
    """
    return {name: int(number) for name, number in (part.split("=") for part in text.split())}
