"""The sections about what sampling gives: estimates beside exact values, and what small batches do to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gradcheck.estimates import Estimate
from gradcheck.report.blocks import Block, Heading, Table, Text
from gradcheck.report.data import Report
from gradcheck.report.numbers import counted, exact, plus_minus, rounded

_TITLES = {"log_prob": "log-prob ± s.e.", "inverse_prob": "1/p ± s.e."}
_HABITS = {"mean_over_steps": "steps", "normalised": "normalised", "normalised_mean_over_steps": "both"}


def estimates(report: Report) -> Iterator[Block]:
    """The estimates of ∂R/∂x."""
    yield Heading(f"Sampled: {counted(report.episodes, 'episode')}, seed {report.seed}")
    labels = [f"x{i}" for i in range(len(report.sums.variables))]
    yield _table("x", "∂R/∂x", labels, report.partials)
    different = counted(len(report.sums.polynomials.paths), "different episode")
    yield Text(
        "Both forms of the loss have one gradient on every batch, so equal columns are right. The loss is "
        "differentiated in the probabilities themselves; s.e. is the standard error of the sample, z the distance from "
        f"the exact value in standard errors. Drawn as counts of the {different}, which have the distribution that "
        "sampling them one by one would give."
    )


def linear(report: Report) -> Iterator[Block]:
    """The gradient in the parameters of a linear policy, exact and sampled."""
    yield Heading("The gradient in the parameters of a linear policy")
    if not report.linear:
        yield Text("Left out: no linear layer gives every observation the probabilities of this policy.")
        return
    yield Text("Exact by the chain rule through ∂R/∂x; sampled from the same episodes.")
    labels, table = [], {}
    for parameter in report.linear:
        count = len(_any(parameter.estimates))
        labels.extend(f"{parameter.name}{_index(parameter.shape, i)}" for i in range(count))
        for name, row in parameter.estimates.items():
            table[name] = (*table.get(name, ()), *row)
    yield _table("parameter", "∂R/∂θ", labels, table)


def _index(shape: tuple[int, ...], flat: int) -> str:
    indices: list[int] = []
    for size in reversed(shape):
        flat, index = divmod(flat, size)
        indices.append(index)
    return f"[{','.join(map(str, reversed(indices)))}]"


def _any(table: Mapping[str, tuple[Estimate, ...]]) -> tuple[Estimate, ...]:
    return next(iter(table.values()))


def _table(first: str, exactly: str, labels: list[str], table: Mapping[str, tuple[Estimate, ...]]) -> Table:
    columns = [first, exactly]
    for name in table:
        columns += [_TITLES.get(name, name), "z"]
    rows = []
    for i, label in enumerate(labels):
        row = [label, rounded(_any(table)[i].exact, 4)]
        for column in table.values():
            row += [plus_minus(column[i].mean, column[i].standard_error), rounded(column[i].z, 2)]
        rows.append(tuple(row))
    return Table(tuple(columns), tuple(rows), frozenset({first}))


def finite(report: Report) -> Iterator[Block]:
    """What normalising and averaging over steps do to the expected gradient."""
    yield Heading("What two habits do to the expected gradient at small batches")
    yield Text(
        "The habits: averaging over the batch's steps instead of its episodes (steps); replacing future returns f by "
        "(f - mean) / max(std, 1e-6) over the batch (normalised); and both. Exact, by enumerating all batches of N "
        "episodes, in the logits of a tabular policy. error is 1 - cosine of the angle to the true gradient; scale is "
        "the length along the true gradient, as a fraction of its length."
    )
    names = list(dict.fromkeys(row.estimator for row in report.finite))
    columns = ["N"]
    for name in names:
        columns += [f"{_HABITS.get(name, name)}: error", "scale"]
    rows = []
    for size in dict.fromkeys(row.batch for row in report.finite):
        row = [str(size)]
        for one in (one for one in report.finite if one.batch == size):
            row += [rounded(one.direction_error, 6), rounded(one.scale)]
        rows.append(tuple(row))
    yield Table(tuple(columns), tuple(rows))
    if not rows:
        yield Text("Left out: there are too many different batches to enumerate.")
    broken = max(one.undefined for one in report.single)
    if broken:
        yield Text(
            f"At N = 1 normalising has no expected gradient: with probability {exact(broken)} the batch is a single "
            "step, whose standard deviation is not a number, and neither is the larger of that and 1e-6: the clamp "
            "guards against 0 only."
        )
