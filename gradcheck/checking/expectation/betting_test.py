r"""Does a sampled gradient have the true mean? A sequential test whose false alarms are bounded, not estimated.

For each coordinate a gambler bets on whether the next draw lies above or below what the null hypothesis says. Under the
null the wealth is a martingale from 1, so that by Ville's inequality it ever reaches 1/α with probability at most α: at
every α, however often one looks, whatever the distribution inside its range. Bets are "approximate GRAPA" of
Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting".

With μ the truth and X a draw, all that is bet on is linear in X. With l(X) = w·X, w·μ = 1:

.. math:: x_j = X_j - \mu_j \;\text{(exact)}, \quad x_j = X_j - \mu_j l(X) \;\text{(proportional)}

The second has mean zero if and only if E[X] = c μ, for whatever c: it need not be known, nor estimated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from gradcheck.tree.errors import invalid
from gradcheck.tree.types import Floats, Integers

#: How a sequential test ended.
Decision: TypeAlias = Literal["reject", "equivalent", "undecided", "out_of_range"]

_BOLDNESS = 0.9  # of what the worst draw could take; a bet of everything could end at 0 for ever
_BLOCK = 64
_SLACK = 1e-9  # of a range: draws come with roundings
_ROUNDING = 1e-6  # of the largest number: far above what float64 does, and float32


@final
@dataclass(frozen=True, eq=False)
class Evidence:
    """What a sequential test found.

    Attributes:
        decision: reject: the mean is not the truth (times any c > 0, if so asked); equivalent: it is within the
            tolerance of it; undecided: neither was shown; out_of_range: a draw was outside its bounds, so that nothing
            is shown. After that, widen the bounds and test fresh draws at α/2.
        draws: how many were looked at.
        log_evidence: the logarithm of the wealth against the null; log(1/α) rejects.
        coordinates: those that are off, if that can be said of single ones: one that is right is named with probability
            at most α.
        scale: the mean of l(X) over the draws, which estimates c.
        low, high: [P] the smallest and the largest draw.
    """

    decision: Decision
    draws: int
    log_evidence: float
    coordinates: tuple[int, ...]
    scale: float
    low: Floats
    high: Floats


def decide(
    draw: Callable[[int], ArrayLike],
    truth: ArrayLike,
    *,
    variance: ArrayLike,
    bounds: tuple[ArrayLike, ArrayLike],
    proportional: bool = False,
    alpha: float = 1e-6,
    alpha_equivalent: float = 1e-3,
    tolerance: float = 0.1,
    max_draws: int = 10_000,
    tail: int = 0,
    earlier: ArrayLike | None = None,
) -> Evidence:
    """Look at independent draws, one after another, until their mean is shown to be the truth or not to be.

    Where the mean is the truth, "reject" comes with probability at most ``alpha``. Where a coordinate of it is off by
    more than the tolerance, "equivalent" comes with probability at most ``alpha_equivalent``.

    Args:
        draw: n → [n, P] fresh draws, independent of each other and of all before.
        truth: [P] μ.
        variance: [P] of a draw, about; it makes the test quick, not valid.
        bounds: [P] and [P], below and above which no draw can lie.
        proportional: whether a mean of c μ with c > 0 is right. A mean of zero is then never decided.
        alpha: of false rejections.
        alpha_equivalent: of false equivalence.
        tolerance: ε: equivalent means |E[X]_j - c μ_j| < ε c max|μ| for every j, where c is 1 unless ``proportional``.
        max_draws: give up after so many.
        tail: of bounds that were learned from draws, how many draws must lie near the largest one before a gambler
            counts against the null. His bets say that the mean lies on one side of it; draws far out on the other
            side, too rare to have been met often, could take all that back. 0 where bounds are known.
        earlier: [M, P] draws before these, at least one where ``tail`` is given; they count as well.

    Raises:
        InvalidArgument: if the arrays do not fit together or are not finite, or a number is out of its range.

    >>> coins = np.random.default_rng(0)
    >>> fair = {"variance": [0.25], "bounds": ([0], [1])}
    >>> decide(lambda n: coins.integers(0, 2, (n, 1)), [0.5], **fair).decision
    'equivalent'
    >>> decide(lambda n: coins.integers(0, 2, (n, 1)), [0.7], **fair).decision
    'reject'
    """
    mu, low, high = _vector(truth, "truth"), _vector(bounds[0], "bounds[0]"), _vector(bounds[1], "bounds[1]")
    v = _vector(variance, "variance")
    if not len(mu) == len(v) == len(low) == len(high):
        lengths = (len(mu), len(v), len(low), len(high))
        raise invalid("arrays of one length", "the lengths of truth, variance and the bounds", lengths)
    if (low > high).any():
        raise invalid("bounds of which the first is not above the second", "bounds", bounds)
    for name, level in {"alpha": alpha, "alpha_equivalent": alpha_equivalent, "tolerance": tolerance}.items():
        if not 0 < level < 1:
            raise invalid("a number between 0 and 1", name, level)
    tails = _Tails(np.asarray(earlier, dtype=np.float64)) if tail else None
    weighed = np.ones(len(mu), dtype=bool) if tails is None else tails.well_seen(mu != 0)
    slack = tolerance * np.abs(mu).max()
    bets = _Bets(mu, v, low, high, proportional=proportional, slack=slack, weighed=weighed)
    slack = _SLACK * (high - low) + np.finfo(np.float64).tiny
    seen_low, seen_high, total, done = np.full(len(mu), np.inf), np.full(len(mu), -np.inf), 0.0, 0
    decision: Decision = "undecided"
    while decision == "undecided" and done < max_draws:
        block = _block(draw, min(_BLOCK, max_draws - done), len(mu))
        for X in block:
            done, total = done + 1, total + float(bets.w @ X)
            seen_low, seen_high = np.minimum(seen_low, X), np.maximum(seen_high, X)
            if (np.maximum(low - X, X - high) > slack).any():
                decision = "out_of_range"
                break
            bets.settle(X)
            if tails is not None:
                tails.add(X)
            if bets.log_evidence >= math.log(1 / alpha) and (
                tails is None or bets.log_evidence_of(bets.believed(*tails.seen(tail))) >= math.log(1 / alpha)
            ):
                decision = "reject"
                break
            if bets.all_latched(math.log(1 / alpha_equivalent)):
                decision = "equivalent"
                break
    off = np.flatnonzero(bets.log_wealth[: len(mu)] >= math.log(len(mu) / alpha))
    return Evidence(decision, done, bets.log_evidence, tuple(off.tolist()), total / max(done, 1), seen_low, seen_high)


@final
class _Bets:
    """3P + 1 gamblers: P on the coordinates, 2P on the tolerance not being exceeded either way, one on the scale.

    What gambler i of coordinate j looks at is y = own·X_j + rest·Σ_{k≠j} w_k X_k + offset.
    """

    def __init__(
        self,
        mu: Floats,
        v: Floats,
        low: Floats,
        high: Floats,
        *,
        proportional: bool,
        slack: float,
        weighed: npt.NDArray[np.bool_],
    ) -> None:
        # A coordinate without variance says c at once; it must not be divided by.
        steady = np.maximum(v, 1e-6 * v.max()) if v.max() > 0 else np.ones_like(v)
        strength = np.where(weighed, mu / steady, 0.0)
        self.w = strength / (strength @ mu) if strength.any() else np.zeros_like(mu)
        self._mu, self._proportional = mu, proportional
        one, none = np.ones_like(mu), np.zeros_like(mu)
        if proportional:
            own, rest, offset = one - mu * self.w, -mu, none
            tolerated = (slack * self.w, slack * one, none)
        else:
            own, rest, offset = one, none, -mu
            tolerated = (none, none, slack * one)
        x = np.stack([own, rest, offset])
        q = np.stack(tolerated)
        self._own, self._rest, self._offset = np.concatenate([x, q - x, q + x], axis=1)
        self._coordinates = np.tile(np.arange(len(mu)), 3)
        self._scale_sign, self._scale_offset = (-1.0, 0.0) if proportional else (1.0, -1.0)
        if not self.w.any():  # the truth is zero, and has no scale to bet on
            self._scale_offset = 0.0

        # Ranges, by interval arithmetic: a few products, however many coordinates there are.
        share_low, share_high = np.minimum(self.w * low, self.w * high), np.maximum(self.w * low, self.w * high)
        others = [(side.sum() - side)[self._coordinates] for side in (share_low, share_high)]
        parts = [self._own * side[self._coordinates] for side in (low, high)], [self._rest * side for side in others]
        floor = sum(np.minimum(*part) for part in parts) + self._offset
        ceiling = sum(np.maximum(*part) for part in parts) + self._offset
        scale = sorted(self._scale_sign * side.sum() + self._scale_offset for side in (share_low, share_high))
        floor, ceiling = np.append(floor, scale[0]), np.append(ceiling, scale[1])

        P = len(mu)
        one_sided = np.arange(3 * P + 1) >= P
        one_sided[-1] = proportional
        with np.errstate(divide="ignore"):
            self._most = np.where(floor < 0, _BOLDNESS / -floor, np.inf)
            self._least = np.where(one_sided, 0.0, np.where(ceiling > 0, -_BOLDNESS / ceiling, -np.inf))
        self._P = P
        self._sum = np.zeros(3 * P + 1)
        # One draw as it is expected; not so small that roundings of a steady coordinate look like a tendency.
        least = (_ROUNDING * max(np.abs(low).max(), np.abs(high).max(), np.abs(mu).max())) ** 2 or 1.0
        prior = np.append(np.tile(v, 3), self.w**2 @ v) + np.append(np.repeat([0, slack**2, slack**2], P), 0)
        self._squares = np.maximum(prior, least)
        self.log_wealth = np.zeros(3 * P + 1)
        self._latched = np.zeros(2 * P, dtype=bool)

    def settle(self, X: Floats) -> None:
        """Bet on what is known so far, and see the next draw."""
        scale = self.w @ X
        mine = X[self._coordinates]
        y = self._own * mine + self._rest * (scale - self.w[self._coordinates] * mine) + self._offset
        y = np.append(y, self._scale_sign * scale + self._scale_offset)
        stake = np.clip(self._sum / self._squares, self._least, self._most)
        with np.errstate(divide="ignore"):
            self.log_wealth += np.log(np.maximum(0.0, 1 + stake * y))
        self._sum += y
        self._squares += y**2

    def believed(self, above: npt.NDArray[np.bool_], below: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """[3P + 1] which gamblers could not be ruined by draws that are too rare to have been met.

        A gambler whose y were below zero on average would be ruined by one far above it, and that can come of a draw
        far out in any of the coordinates that his y is made of.

        Args:
            above: [P] of which coordinates it is known how far up they go.
            below: [P] how far down.
        """
        P, w = self._P, self.w
        unknown = np.stack([(w > 0) & ~below | (w < 0) & ~above, (w > 0) & ~above | (w < 0) & ~below])  # of l: down, up
        up = self._sum < 0  # where the danger is
        believed = np.zeros(3 * P + 1, dtype=bool)
        own = np.where(up[:P] == (self._own[:P] >= 0), above, below)
        if self._proportional:
            l_up = (up[:P] == (self._mu < 0)).astype(np.int64)
            others = unknown.sum(axis=1)[l_up] - unknown[l_up, np.arange(P)]
            own = own & ((others == 0) | (self._mu == 0))
        believed[:P] = own
        believed[-1] = not unknown[int(up[-1] == (self._scale_sign > 0))].any()
        return believed

    @property
    def log_evidence(self) -> float:
        """Half of it is bet on the coordinates alike, half on the scale."""
        return self.log_evidence_of(np.ones(3 * self._P + 1, dtype=bool))

    def log_evidence_of(self, counted: npt.NDArray[np.bool_]) -> float:
        """The same of some gamblers; the others might as well have lost all, so that no level is exceeded by it."""
        wealth = np.where(counted, self.log_wealth, -np.inf)
        by_coordinate = np.logaddexp.reduce(wealth[: self._P]) - math.log(self._P)
        return float(np.logaddexp(by_coordinate, wealth[-1]) - math.log(2))

    def all_latched(self, enough: float) -> bool:
        """Whether each way of exceeding the tolerance was refuted by now, at one time or another."""
        self._latched |= self.log_wealth[self._P : -1] >= enough
        return bool(self._latched.all())


def _vector(values: ArrayLike, name: str) -> Floats:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
        raise invalid("finite numbers, one for each coordinate", name, values)
    return vector


def _block(draw: Callable[[int], ArrayLike], count: int, width: int) -> Floats:
    block = np.asarray(draw(count), dtype=np.float64)
    if block.shape != (count, width):
        raise invalid(f"an array of the shape {(count, width)}", "the shape of draw(n)", block.shape)
    if not np.isfinite(block).all():
        raise invalid("finite numbers", "draw(n)", block[~np.isfinite(block)][0].item())
    return block


@final
class _Tails:
    """How often coordinates came near the largest and the smallest of their draws, by powers of two from the middle.

    Where a tail has a typical size, many draws lie within a factor of two of the largest. Where it has none (a weight
    of 2^t with a probability of 2^-t, a product of ratios), the largest stands alone, whatever the number of draws, and
    the next ones may be larger by far. Of a coordinate that never changed nothing is known at all.

    Args:
        earlier: [M, P] draws before; their means are the middle.
    """

    _POWERS = 400  # of two, that are told apart

    def __init__(self, earlier: Floats) -> None:
        self._middle = earlier.mean(axis=0)
        self._rounding = _SLACK * np.abs(earlier).max()
        self._total = len(earlier)
        self._counts = np.zeros((2, len(self._middle), self._POWERS), dtype=np.int64)  # above, and below
        self._coordinates = np.arange(len(self._middle))
        for X in earlier:
            self.add(X)

    def add(self, X: Floats) -> None:
        """Count one more draw."""
        distance = X - self._middle
        place = np.clip(np.frexp(distance)[1] + self._POWERS // 2, 0, self._POWERS - 1)
        away = np.abs(distance) > self._rounding
        self._counts[(distance < 0)[away].astype(np.int64), self._coordinates[away], place[away]] += 1

    def seen(self, least: float) -> npt.NDArray[np.bool_]:
        """[2, P] whether at least so many draws lie near the one farthest up, and near the one farthest down."""
        return self._near() >= least

    def well_seen(self, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """[P] the coordinates that already came near both ends often; if none of those wanted, that one that did most.

        Args:
            wanted: [P] not all of them False, for the answer to mean anything.
        """
        near = np.where(wanted, self._near().min(axis=0), -1)
        well = near >= max(2, self._total / 16)
        return well if well.any() else near == near.max()

    def _near(self) -> Integers:
        """[2, P] how many lie within a factor of two to four of the one that is farthest out."""
        top = self._POWERS - 1 - np.argmax(self._counts[:, :, ::-1] > 0, axis=2)
        below = np.maximum(top - 1, 0)
        pick = np.arange(2)[:, None], self._coordinates[None]
        return self._counts[*pick, top] + np.where(top > 0, self._counts[*pick, below], 0)
