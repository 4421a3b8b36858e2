"""Report → document: what is said, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from sympy import Expr, sstr

from gradcheck.estimates import Estimate
from gradcheck.report.blocks import Block, Branch, Heading, Lines, Table, Text
from gradcheck.report.data import FALSE_ALARM, Report
from gradcheck.report.numbers import exact, plus_minus, rounded, signed
from tree.paths import Path
from tree.terms import product_of
from tree.unroll import ENDS, GameTree

_TITLES = {"log_prob": "log-prob ± s.e.", "inverse_prob": "1/p ± s.e."}
_BAR = 40  # characters for a probability of 1


def document(report: Report) -> Iterator[Block]:
    """The report, section by section."""
    yield from _game(report)
    if report.one_step:
        yield from _one_step(report)
    yield from _expected_return(report)
    yield from _partials(report)
    yield from _sampled_sums(report)
    yield from _estimates(report)
    yield from _linear(report)
    yield from _finite(report)
    yield from _verdict(report)


def _game(report: Report) -> Iterator[Block]:
    tree = report.sums.tree
    yield Heading(f"The game: {report.name}")
    episodes = len(report.sums.polynomials.paths)
    decisions = "1 decision" if tree.num_nodes == 1 else f"{tree.num_nodes} decisions"
    yield Text(f"{decisions}, {tree.num_edges} outcomes, {episodes} different episodes.")
    for root in range(tree.node_levels[0].start, tree.node_levels[0].stop):
        yield _branch(report, tree, root, _begin(tree, root))


def _begin(tree: GameTree, root: int) -> str:
    chance = tree.start[root]
    return f"{tree.states[root]}" if chance == 1 else f"{exact(chance)}  {tree.states[root]}"


def _branch(report: Report, tree: GameTree, node: int, label: str) -> Branch:
    choices = [c for c, owner in enumerate(tree.choice_node.tolist()) if owner == node]
    return Branch(label, tuple(child for choice in choices for child in _outcomes(report, tree, choice)))


def _outcomes(report: Report, tree: GameTree, choice: int) -> Iterator[Branch]:
    variable = int(tree.choice_variable[choice])
    label = f"{_action(report, variable)}  x{variable} = {exact(report.at.x[variable])}"
    for edge in (e for e, owner in enumerate(tree.edge_choice.tolist()) if owner == choice):
        chance = "" if tree.chance[edge] == 1 else f", then chance {exact(tree.chance[edge])}"
        arrival = f"{label}{chance}: {signed(tree.reward[edge])} → {tree.edge_state[edge]}"
        child = int(tree.edge_child[edge])
        yield Branch(f"{arrival}, end") if child == ENDS else _branch(report, tree, child, arrival)


def _action(report: Report, variable: int) -> str:
    return report.actions[report.sums.variables[variable][1]]


def _one_step(report: Report) -> Iterator[Block]:
    step = report.one_step
    assert step is not None  # the caller asked
    yield Heading("One step alone: two rectangles")
    rows = list(zip(report.actions, step.probabilities, step.partials, strict=True))
    width = max(map(len, report.actions))
    yield Lines(
        tuple(
            f"{action.ljust(width)}  {'█' * round(_BAR * chance)} width {exact(chance)} × height {exact(height)}"
            f" = area {exact(chance * height)}"
            for action, chance, height in rows
        )
    )
    yield Text(
        f"R is the whole area, {exact(step.expected_return)}. The partials are the heights, "
        f"{' and '.join(exact(height) for height in step.partials)}: they ignore that the widths sum to 1. Moving "
        f"probability from {report.actions[0]} to {report.actions[1]} changes R at rate {exact(step.difference)}, "
        "their difference; the chain rule through a softmax restores it."
    )


def _expected_return(report: Report) -> Iterator[Block]:
    at, sums = report.at, report.sums
    yield Heading(f"The expected return: R = {at.R} = {exact(at.R)}")
    yield Text(f"R = {sums.R}")
    yield Text("Summed over the paths, P(path) · return:")
    rows = [
        (
            _product(path.variables, path.chances),
            exact(_probability(report, path)),
            exact(path.future_returns[0]),
            exact(product),
        )
        for path, product in zip(sums.polynomials.paths, at.R_by_paths, strict=True)
    ]
    total = (
        "sum",
        exact(sum(_probability(report, path) for path in sums.polynomials.paths)),
        "",
        exact(sum(at.R_by_paths)),
    )
    yield Table(("path", "probability", "return", "product"), (*rows, total), frozenset({"path"}))
    yield Text("Summed over the rewards, reward · P(receiving it):")
    yield Table(
        ("received after", "reward", "product"),
        (
            *(
                (_product(term.variables, term.chances), exact(term.reward), exact(product))
                for term, product in zip(sums.polynomials.rewards, at.R_by_rewards, strict=True)
            ),
            ("sum", "", exact(sum(at.R_by_rewards))),
        ),
        frozenset({"received after"}),
    )
    same = "Proved equal for every policy." if sums.forms_agree else "They are NOT equal."
    yield Text(
        f"{same} After the first step alone R is {exact(at.R_by_steps[0])}.", None if sums.forms_agree else False
    )
    moves = ", ".join(f"{seen} {report.actions[action]}" for seen, action in report.best.actions.items())
    yield Text(f"The best deterministic strategy ({moves}) is worth {exact(report.best.expected_return)}.")


def _probability(report: Report, path: Path) -> Fraction:
    return product_of(report.at.x[v] for v in path.variables) * path.chance


def _product(variables: tuple[int, ...], chances: tuple[Fraction, ...]) -> str:
    return " · ".join([*(f"x{v}" for v in variables), *(exact(c) for c in chances if c != 1)])


def _partials(report: Report) -> Iterator[Block]:
    at, sums = report.at, report.sums
    yield Heading("The partial derivatives of R, and of the surrogate sum Y")
    yield Table(
        ("x", "observation", "action", "probability", "reach", "average return", "∂R/∂x", "∂Y/∂x"),
        tuple(
            (
                f"x{i}",
                str(seen),
                report.actions[action],
                exact(at.x[i]),
                exact(at.evaluation.reach[i]),
                exact(at.evaluation.average_return[i]),
                exact(at.partials_R[i]),
                exact(at.partials_Y[i]),
            )
            for i, (seen, action) in enumerate(sums.variables)
        ),
        frozenset({"x", "observation", "action"}),
    )
    yield Text("Each partial is the probability of reaching the decision times the average return after the action.")
    yield Text("Y = Σ reach · x · average return, reach and average in the frozen probabilities p:")
    yield Lines(tuple(("Y = " if i == 0 else "  + ") + _write(term) for i, term in enumerate(sums.Y_terms)))
    if sums.identity_holds:
        said = "Proved, as polynomials: ∂Y/∂x at p = x is ∂R/∂x, for every x."
    else:
        said = "∂Y/∂x at p = x is NOT ∂R/∂x."
    yield Text(f"{said} Y itself is {exact(at.Y)}, not R.", sums.identity_holds)


def _write(expression: Expr) -> str:
    return sstr(expression, order="none").replace("*", "·")


def _sampled_sums(report: Report) -> Iterator[Block]:
    sampled = report.sums.sampled
    yield Heading("What sampled episodes add up to, on average")
    yield Text("Add a term for every action taken. By enumerating the paths, the means over n episodes are:")
    proofs = [
        ("Σ x · future return", "n · Σ reach · p · x · average: n and p too many", sampled.plain_is_as_told),
        ("1/n Σ x / p · future return", "Y", sampled.inverse_prob_is_Y),
        ("∂ of 1/n Σ log x · future return", "∂R/∂x, at x = p", sampled.log_prob_gradient_is_partials),
    ]
    yield Table(
        ("sum", "its mean", "shown"),
        tuple((name, mean, "proved" if proved else "NOT so") for name, mean, proved in proofs),
        frozenset({"sum", "its mean", "shown"}),
    )


def _estimates(report: Report) -> Iterator[Block]:
    yield Heading(f"Sampled: {report.episodes:,} episodes, seed {report.seed}")
    labels = [f"x{i}" for i in range(len(report.sums.variables))]
    yield _estimate_table("x", "∂R/∂x", labels, report.partials)
    yield Text(
        "Both are unbiased; the loss is differentiated in the probabilities themselves. z is the distance from the "
        "exact value in standard errors (s.e.)."
    )


def _linear(report: Report) -> Iterator[Block]:
    yield Heading("The gradient in the parameters of a linear policy")
    if not report.linear:
        yield Text("Left out: no linear layer gives every observation the probabilities of this policy.")
        return
    yield Text("Exact by the chain rule through ∂R/∂x; sampled from the same episodes.")
    labels, table = [], {}
    for parameter in report.linear:
        labels.extend(f"{parameter.name}{_index(parameter.shape, i)}" for i in range(len(_any(parameter.estimates))))
        for name, row in parameter.estimates.items():
            table[name] = (*table.get(name, ()), *row)
    yield _estimate_table("parameter", "∂R/∂θ", labels, table)


def _index(shape: tuple[int, ...], flat: int) -> str:
    indices: list[int] = []
    for size in reversed(shape):
        flat, index = divmod(flat, size)
        indices.append(index)
    return f"[{', '.join(map(str, reversed(indices)))}]"


def _any(table: Mapping[str, tuple[Estimate, ...]]) -> tuple[Estimate, ...]:
    return next(iter(table.values()))


def _estimate_table(first: str, exactly: str, labels: list[str], table: Mapping[str, tuple[Estimate, ...]]) -> Table:
    columns = [first, exactly]
    for name in table:
        columns += [_TITLES.get(name, name), "z"]
    rows = []
    for i, label in enumerate(labels):
        row = [label, rounded(_any(table)[i].exact)]
        for estimates in table.values():
            one = estimates[i]
            row += [plus_minus(one.mean, one.standard_error), rounded(one.z, 2)]
        rows.append(tuple(row))
    return Table(tuple(columns), tuple(rows), frozenset({first}))


def _finite(report: Report) -> Iterator[Block]:
    yield Heading("What two habits do to the expected gradient at small batches")
    yield Text(
        "Exact, by enumerating all batches of N episodes, in the logits of a tabular policy: the direction error, "
        "1 - cosine of the angle to the true gradient, and the scale, the projection on it."
    )
    names = list(dict.fromkeys(row.estimator for row in report.finite))
    columns = ["N"]
    for name in names:
        columns += [name.replace("normalised_mean", "both: mean").replace("_", " "), "scale"]
    rows = []
    for size in dict.fromkeys(row.batch for row in report.finite):
        row = [str(size)]
        for one in (one for one in report.finite if one.batch == size):
            row += [rounded(one.direction_error, 6), rounded(one.scale)]
        rows.append(tuple(row))
    yield Table(tuple(columns), tuple(rows))
    broken = max(one.undefined for one in report.single)
    if broken:
        yield Text(
            f"At N = 1 the normalised variants have no expected gradient: with probability {exact(broken)} the batch "
            "is a single step, whose standard deviation is not a number. The clamp guards against 0, not against that."
        )


def _verdict(report: Report) -> Iterator[Block]:
    yield Heading("Verdict")
    outside = sum(not one.agrees for one in report.estimates)
    proof = "∂Y = ∂R is proved" if report.identity_holds else "∂Y = ∂R does NOT hold"
    count = len(report.estimates)
    sampled = (
        f"all {count} estimates lie within their bounds"
        if not outside
        else f"{outside} of {count} estimates lie OUTSIDE their bounds"
    )
    yield Text(f"{'PASSED' if report.passed else 'FAILED'}: {proof}, and {sampled}.", report.passed)
    yield Text(
        f"The bounds are Bernstein's, with exact variances and ranges: right estimators fail with probability at most "
        f"{FALSE_ALARM:g}. {report.seconds:.1f} seconds."
    )
