"""What an entry of the corpus is, and the two lists that entries are written into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, final

_Loss = TypeVar("_Loss", bound=Callable[..., Any])


@final
@dataclass(frozen=True, eq=False)
class Case:
    """A loss with the verdict it must get.

    Attributes:
        name: of the function.
        loss: ``loss(policy, episodes)``, written the way people write it.
        verdict: unbiased, proportional, consistent or biased, as brute force decides it; or "refused", where the loss
            must be refused with a message.
        cause: what should be named as the reason; None where the loss is right or no single name would be true.
        synonyms: other names that would be as true.
        bug_class: B01 … B94 of the collection of reported bugs; "B-F" for code that was reported and is right; "" for
            what nobody has reported.
        citation: where it was reported, or who published it.
        options: keyword arguments of ``check``.
    """

    name: str
    loss: Callable[..., Any] = field(repr=False)
    verdict: str
    cause: str | None
    synonyms: tuple[str, ...]
    bug_class: str
    citation: str
    options: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def condition(self) -> str:
        """The one condition that the verdict is about."""
        (name,) = self.options.get("conditions", ("complete_episodes",))
        return name


WRONG: list[Case] = []
RIGHT: list[Case] = []


def wrong(
    verdict: str,
    *,
    cause: str | None = None,
    synonyms: tuple[str, ...] = (),
    bug_class: str = "",
    citation: str = "",
    **options: Any,
) -> Callable[[_Loss], _Loss]:
    """Enter a loss that is wrong, or not what its author thinks it is.

    Args:
        verdict: as in ``Case``, like everything else.
        cause: see there.
        synonyms: see there.
        bug_class: see there.
        citation: see there.
        options: keyword arguments of ``check``; batches of 2 unless they say otherwise.
    """
    return _entering(
        WRONG, verdict=verdict, cause=cause, synonyms=synonyms, origin=(bug_class, citation), options=options
    )


def right(verdict: str, *, bug_class: str = "", citation: str = "", **options: Any) -> Callable[[_Loss], _Loss]:
    """Enter a loss that is right, exactly or as far as its verdict says.

    Args:
        verdict: as in ``Case``, like everything else.
        bug_class: see there.
        citation: see there.
        options: keyword arguments of ``check``; batches of 2 unless they say otherwise.
    """
    return _entering(RIGHT, verdict=verdict, cause=None, synonyms=(), origin=(bug_class, citation), options=options)


def _entering(
    cases: list[Case],
    *,
    verdict: str,
    cause: str | None,
    synonyms: tuple[str, ...],
    origin: tuple[str, str],
    options: dict[str, Any],
) -> Callable[[_Loss], _Loss]:
    if isinstance(options.get("conditions"), str):
        options["conditions"] = (options["conditions"],)
    # Small batches are cheap, and mistakes are largest there.
    options.setdefault("batch", 2)

    def enter(loss: _Loss) -> _Loss:
        name = getattr(loss, "__name__", repr(loss))
        cases.append(Case(name, loss, verdict, cause, synonyms, *origin, options))
        return loss

    return enter
