"""A few vectors at growing sizes → what they tend to, if a law of growth predicts the one that it was not told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from gradcheck.tree.types import Floats

Rate: TypeAlias = Callable[[Floats], Floats]

_POWERS: dict[str, float] = {
    "1/N": 1.0,
    "1/√N": 0.5,
    "1/N²": 2.0,
    "1/N^(1/4)": 0.25,
    "1/N^(1/3)": 1 / 3,
    "1/N^(2/3)": 2 / 3,
    "1/N^(3/2)": 1.5,
    "1/N³": 3.0,
}


def _power(exponent: float) -> Rate:
    return lambda sizes: sizes**-exponent


_RATES: dict[str, Rate] = {name: _power(exponent) for name, exponent in _POWERS.items()} | {
    "1/log N": lambda sizes: 1 / np.log(sizes),
    "log N/N": lambda sizes: np.log(sizes) / sizes,
}

#: Rates that are fitted together; the first is the slower one, which is what is seen in the end.
_LAWS: tuple[tuple[str, ...], ...] = (
    (),
    *((name,) for name in _RATES),
    ("1/N", "1/N²"),
    ("1/√N", "1/N"),
    ("1/log N", "1/N"),
    ("log N/N", "1/N"),
    ("1/N", "1/N²", "1/N³"),
    ("1/√N", "1/N", "1/N^(3/2)"),
)

_NEARLY = 0.02  # of the last step, by which a law may miss the size that it was not told
_ALIKE = 3  # laws that miss by so many times as much as the best do as well
_ROUNDINGS = 3  # so many times as large may a difference be that is rounding


@final
@dataclass(frozen=True, eq=False)
class Extrapolation:
    """What a sequence tends to, if a law holds.

    Attributes:
        limit: [P].
        uncertainty: by how much the limit moved when the last size was added, and what rounding can do to it.
        rates: of what fades, the slowest first; none where everything is the same at all sizes.
        exact: whether the law predicted the last size up to rounding.
    """

    limit: Floats
    uncertainty: float
    rates: tuple[str, ...]
    exact: bool


def extrapolations(sizes: Floats, values: Floats, noise: float) -> list[Extrapolation]:
    """The limits under the laws that predict the last value from those before it.

    Of laws that predict it up to rounding these are the simplest; else those that come closest. A law is A + B·r(N),
    with one rate r or several. It is fitted without the last size, which it has to predict; then with it.

    Args:
        sizes: [S], in increasing order.
        values: [S, P].
        noise: what rounding may do to one value.

    >>> sizes = np.array([10.0, 20.0, 40.0, 80.0])
    >>> (found,) = extrapolations(sizes, (3 + 1 / np.sqrt(sizes))[:, None], 1e-12)
    >>> round(float(found.limit[0]), 9), found.rates, found.exact
    (3.0, ('1/√N',), True)
    """
    found: list[tuple[int, float, Extrapolation]] = []  # with its number of unknowns, and by how much it missed
    step = float(np.linalg.norm(values[-1] - values[-2]))
    for names in _LAWS:
        unknowns = 1 + len(names)
        if len(sizes) <= unknowns:
            continue
        with np.errstate(divide="ignore"):
            columns = np.stack([np.ones_like(sizes), *(_RATES[name](sizes) for name in names)], axis=1)
        if not np.isfinite(columns).all():
            continue  # log 1 = 0
        solved = np.linalg.pinv(columns[:-1])
        predicted = columns[-1] @ solved
        missed = float(np.linalg.norm(predicted @ values[:-1] - values[-1]))
        rounding = _ROUNDINGS * noise * (1 + float(np.abs(predicted).sum()))
        if missed > max(rounding, _NEARLY * step):
            continue
        weights = np.linalg.pinv(columns)[0]
        limit = weights @ values
        moved = float(np.linalg.norm(limit - solved[0] @ values[:-1]))
        uncertainty = moved + noise * float(np.abs(weights).sum())
        found.append((unknowns, missed, Extrapolation(limit, uncertainty, names, missed <= rounding)))
    exact = [(unknowns, law) for unknowns, _, law in found if law.exact]
    if exact:
        fewest = min(unknowns for unknowns, _ in exact)
        return [law for unknowns, law in exact if unknowns == fewest]
    closest = min((missed for _, missed, _ in found), default=0.0)
    return [law for _, missed, law in found if missed <= _ALIKE * closest]
