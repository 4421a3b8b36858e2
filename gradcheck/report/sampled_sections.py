"""The sections about what sampling gives: estimates beside exact values, and what small batches do to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from gradcheck.document.blocks import Block, Heading, Table, Text
from gradcheck.document.numbers import counted, decimals, exact, plus_minus, rounded
from gradcheck.document.truncate import first, largest, rest
from gradcheck.report.data import EPISODES, Report
from gradcheck.report.estimates import Estimate

_NONE = "–"
_TITLES = {"log_prob": "log-prob ± s.e.", "inverse_prob": "1/p ± s.e."}
_SHORT_NAMES = {"mean_over_steps": "steps", "normalised": "normalised", "normalised_mean_over_steps": "both"}


def estimates(report: Report) -> Iterator[Block]:
    """The estimates of ∂R/∂x."""
    yield Heading(f"Sampled: {counted(report.episodes, 'episode')}, seed {report.seed}")
    shown = largest(report.truth.partials)
    columns, truth = report.partials.values(), [float(report.truth.partials[i]) for i in shown]
    rows = [(f"x{i}", value, [column[i] for column in columns]) for i, value in zip(shown, truth, strict=True)]
    yield _table("x", "∂R/∂x", rows, report.partials)
    if len(shown) < len(report.x):
        yield Text(f"The {len(shown)} largest of {len(report.x):,}.")
    yield Text(
        "Both forms of the loss have one gradient on every batch, so equal columns are right. The loss is "
        "differentiated in the probabilities themselves; s.e. is the standard error of the sample, z the distance from "
        f"the exact value in standard errors. {_how_drawn(report)}"
    )
    never = sum(one is None for one in next(iter(report.partials.values())))
    if never:
        actions = "action is" if never == 1 else "actions are"
        yield Text(f"{never:,} {actions} never taken under this policy: what is never done cannot be sampled.")


def _how_drawn(report: Report) -> str:
    if report.spread is None:
        different = counted(report.size.episodes, "different episode")
        return (
            f"Drawn as counts of the {different}, which have the distribution that sampling them one by one would give."
        )
    steps = (
        f"Sampled step by step along the game: about {report.episodes * report.spread.mean_length:,.0f} steps in all."
    )
    if not report.lowered:
        return steps
    return f"{steps} Episodes are long, so there are fewer than {EPISODES:,} unless --episodes asks for more."


def linear(report: Report) -> Iterator[Block]:
    """The gradient in the parameters of a linear policy, exact and sampled."""
    yield Heading("The gradient in the parameters of a linear policy")
    if not report.linear:
        yield Text("Left out: no linear layer gives every observation the probabilities of this policy.")
        return
    yield Text("Exact by the chain rule through ∂R/∂x; sampled from the same episodes.")
    rows = [
        (f"{parameter.name}{_index(parameter.shape, i)}", row[0].exact, row)
        for parameter in report.linear
        for i, row in enumerate(zip(*parameter.estimates.values(), strict=True))
    ]
    yield _table("parameter", "∂R/∂θ", first(rows), report.linear[0].estimates)
    yield from (Text(more) for more in [rest(rows, "parameter")] if more)


def _index(shape: tuple[int, ...], flat: int) -> str:
    indices: list[int] = []
    for size in reversed(shape):
        flat, index = divmod(flat, size)
        indices.append(index)
    return f"[{','.join(map(str, reversed(indices)))}]"


_Row: TypeAlias = "tuple[str, float, Sequence[Estimate | None]]"


def _table(label: str, exactly: str, rows: Sequence[_Row], estimators: Iterable[str]) -> Table:
    """A label, the exact number and the estimates of it in each row, with as many decimals as their size asks for."""
    columns = [label, exactly]
    for name in estimators:
        columns += [_TITLES.get(name, name), "z"]
    digits = decimals(max(abs(truth) for _, truth, _ in rows))
    cells: list[tuple[str, ...]] = []
    for name, truth, estimates in rows:
        row = [name, rounded(truth, digits)]
        for one in estimates:
            row += (
                (_NONE, _NONE) if one is None else (plus_minus(one.mean, one.standard_error, digits), rounded(one.z, 2))
            )
        cells.append(tuple(row))
    return Table(tuple(columns), tuple(cells), frozenset({label}))


def finite(report: Report) -> Iterator[Block]:
    """What normalising and averaging over steps do to the expected gradient."""
    yield Heading("What two habits do to the expected gradient at small batches")
    if report.at is None:
        yield Text("Left out: where episodes are not listed, batches of them are not either.")
        return
    yield Text(
        "The habits: averaging over the batch's steps instead of its episodes (steps); replacing future returns f by "
        "(f - mean) / max(std, 1e-6) over the batch (normalised); and both. Exact, by enumerating all batches of N "
        "episodes, in the logits of a tabular policy. error is 1 - cosine of the angle to the true gradient; scale is "
        "the length along the true gradient, as a fraction of its length."
    )
    names = list(dict.fromkeys(row.estimator for row in report.finite))
    columns = ["N"]
    for name in names:
        columns += [f"{_SHORT_NAMES.get(name, name)}: error", "scale"]
    rows = []
    for size in dict.fromkeys(row.batch for row in report.finite):
        row = [str(size)]
        for one in (one for one in report.finite if one.batch == size):
            row += [rounded(one.direction_error, 6), rounded(one.scale)]
        rows.append(tuple(row))
    yield Table(tuple(columns), tuple(rows))
    if not rows:
        yield Text("Left out: there are too many different batches to enumerate.")
    broken = max((one.undefined for one in report.single), default=0.0)
    if broken:
        yield Text(
            f"At N = 1 normalising has no expected gradient: with probability {exact(broken)} the batch is a single "
            "step, whose standard deviation is not a number, and neither is the larger of that and 1e-6: the clamp "
            "guards against 0 only."
        )
