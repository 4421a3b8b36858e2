"""The sections about what is known exactly: the game, R, its partials, Y, and the means of the sampled sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Expr, sstr

from gradcheck.report.blocks import Block, Branch, Heading, Lines, Table, Text
from gradcheck.report.data import OneStep, Report
from gradcheck.report.numbers import counted, exact, signed
from tree.paths import Path
from tree.terms import product_of
from tree.unroll import ENDS, GameTree

_BAR = 40  # characters for a probability of 1


def game(report: Report) -> Iterator[Block]:
    """The tree, with every probability and reward."""
    tree = report.sums.tree
    yield Heading(f"The game: {report.name}")
    episodes = len(report.sums.polynomials.paths)
    sizes = [(tree.num_nodes, "decision"), (tree.num_edges, "outcome"), (episodes, "different episode")]
    yield Text(", ".join(counted(number, word) for number, word in sizes) + ".")
    for root in range(tree.node_levels[0].start, tree.node_levels[0].stop):
        chance = tree.rational_start[root]
        state = f"{tree.state_of(root)}"
        yield _branch(report, tree, root, state if chance == 1 else f"{exact(chance)}  {state}")


def _branch(report: Report, tree: GameTree, node: int, label: str) -> Branch:
    choices = [choice for choice, owner in enumerate(tree.choice_node.tolist()) if owner == node]
    return Branch(label, tuple(child for choice in choices for child in _outcomes(report, tree, choice)))


def _outcomes(report: Report, tree: GameTree, choice: int) -> Iterator[Branch]:
    variable = int(tree.choice_variable[choice])
    action = report.actions[report.sums.variables[variable][1]]
    label = f"{action}  x{variable} = {exact(report.at.x[variable])}"
    for edge in (e for e, owner in enumerate(tree.edge_choice.tolist()) if owner == choice):
        chance = "" if tree.chance_of(edge) == 1 else f", then chance {exact(tree.chance_of(edge))}"
        arrival = f"{label}{chance}: {signed(tree.reward_of(edge))} → {tree.next_state_of(edge)}"
        child = int(tree.edge_child[edge])
        yield Branch(f"{arrival}, end") if child == ENDS else _branch(report, tree, child, arrival)


def one_step(step: OneStep, actions: Sequence[str]) -> Iterator[Block]:
    """Two rectangles, lying on their sides: as long as the probabilities, and as high as the rewards."""
    yield Heading("One step alone: two rectangles")
    width = max(map(len, actions))
    for action, chance, height in zip(actions, step.probabilities, step.partials, strict=True):
        bar = "█" * round(_BAR * chance)
        area = f"width {exact(chance)} × height {exact(height)} = area {exact(chance * height)}"
        yield Lines((f"{action.ljust(width)}  {bar}", f"{' ' * width}  {area}"))
    yield Text(
        f"R is the whole area, {exact(step.expected_return)}. The partials are the heights, "
        f"{' and '.join(exact(height) for height in step.partials)}: they ignore that the widths sum to 1. Moving "
        f"probability from {actions[0]} to {actions[1]} changes R at rate {exact(step.difference)}, their difference; "
        "the chain rule through a softmax restores it."
    )


def expected_return(report: Report) -> Iterator[Block]:
    """R in both forms, and the best that can be reached."""
    at, sums = report.at, report.sums
    yield Heading(f"The expected return: R = {at.R} = {exact(at.R)}")
    yield Text(f"R = {sums.R}")
    yield Text("Summed over the paths, P(path) · return:")
    probabilities = [_probability(report, path) for path in sums.polynomials.paths]
    rows = [
        (_product(path.variables, path.chances), exact(probability), exact(path.future_returns[0]), exact(product))
        for path, probability, product in zip(sums.polynomials.paths, probabilities, at.R_by_paths, strict=True)
    ]
    total = ("sum", exact(sum(probabilities)), "", exact(sum(at.R_by_paths)))
    yield Table(("path", "probability", "return", "product"), (*rows, total), frozenset({"path"}))
    yield Text("Summed over the rewards, reward · P(receiving it):")
    received = [
        (_product(term.variables, term.chances), exact(term.reward), exact(product))
        for term, product in zip(sums.polynomials.rewards, at.R_by_rewards, strict=True)
    ]
    total = ("sum", "", exact(sum(at.R_by_rewards)))
    yield Table(("received after", "reward", "product"), (*received, total), frozenset({"received after"}))
    same = "Proved equal for every policy." if sums.forms_agree else "They are NOT equal."
    first = f"After the first step alone R is {exact(at.R_by_steps[0])}."
    yield Text(f"{same} {first}", None if sums.forms_agree else False)
    moves = ", ".join(f"{seen} {report.actions[action]}" for seen, action in report.best.actions.items())
    yield Text(f"The best deterministic strategy ({moves}) is worth {exact(report.best.expected_return)}.")


def _probability(report: Report, path: Path) -> Fraction:
    return product_of(report.at.x[v] for v in path.variables) * path.chance


def _product(variables: tuple[int, ...], chances: tuple[Fraction, ...]) -> str:
    return " · ".join([*(f"x{v}" for v in variables), *(exact(c) for c in chances if c != 1)])


def partials(report: Report) -> Iterator[Block]:
    """The table of the partials, and Y."""
    at, sums = report.at, report.sums
    yield Heading("The partial derivatives of R, and of the surrogate sum Y")
    rows = tuple(
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
    )
    columns = ("x", "observation", "action", "probability", "reach", "average return", "∂R/∂x", "∂Y/∂x")
    yield Table(columns, rows, frozenset({"x", "observation", "action"}))
    often = "the probability of reaching the decision"
    if any(len(set(path.variables)) < len(path.variables) for path in sums.polynomials.paths):
        often = "how often the decision is reached in an episode"
    if sums.tree.game.discount != 1:
        often += ", discounted,"
    yield Text(f"Each partial is {often} times the average return after the action.")
    yield Text("Y = Σ reach · x · average return, where reach and average are made of frozen probabilities p:")
    yield Lines(tuple(("Y = " if i == 0 else "  + ") + _write(term) for i, term in enumerate(sums.Y_terms)))
    if sums.identity_holds:
        said = "Proved, as polynomials: ∂Y/∂x at p = x is ∂R/∂x, for every x."
    else:
        said = "∂Y/∂x at p = x is NOT ∂R/∂x."
    value = (
        f"Y itself is {exact(at.Y)}, not R" if at.Y != at.R else f"Y itself is {exact(at.Y)}, as R is at this policy"
    )
    yield Text(f"{said} {value}.", sums.identity_holds)


def _write(expression: Expr) -> str:
    return sstr(expression, order="none").replace("*", "·")


def sampled_sums(report: Report) -> Iterator[Block]:
    """What the sums that sampling builds are on average."""
    sampled = report.sums.sampled
    yield Heading("What sampled episodes add up to, on average")
    yield Text(
        "Sampling adds up one term for each action taken. The means over n episodes, by enumerating the paths, are, "
        "whatever policy p samples them:"
    )
    means = [
        ("Σ x · future return", "n · Y, with one p too many in each term", sampled.plain_is_as_told),
        ("1/n Σ x/p · future return", "Y", sampled.inverse_prob_is_Y),
        ("∂ 1/n Σ log x · future return", "∂R/∂x, at x = p", sampled.log_prob_gradient_is_partials),
    ]
    rows = tuple((name, mean if proved else f"NOT {mean}") for name, mean, proved in means)
    yield Table(("sum", "its mean"), rows, frozenset({"sum", "its mean"}))
    if all(proved for *_, proved in means):
        yield Text("Proved, where the probabilities p of each information set sum to 1.")
    else:
        yield Text("Not all of them could be proved.", False)
