"""The sections about what is known exactly: the game, R, its partials, Y, and the means of the sampled sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from sympy import Expr, sstr

from gradcheck.document.blocks import Block, Branch, Heading, Lines, Table, Text
from gradcheck.document.numbers import counted, exact, listed, signed
from gradcheck.document.truncate import abridged, first, largest, pruned, rest
from gradcheck.report.data import OneStep, Report
from gradcheck.tree.game_tree import ENDS, GameTree
from gradcheck.tree.symbolic.expressions import surrogate_terms
from gradcheck.tree.symbolic.identities import Proof
from gradcheck.tree.symbolic.sums import SumsAt
from gradcheck.tree.symbolic.terms import product_of
from gradcheck.tree.unrolling.paths import Path
from gradcheck.tree.validation.outcomes import first_few

_BAR = 40  # characters for a probability of 1
_WIDEST = 40  # characters of a product of probabilities, or a state in a tree
_LONGEST_SUM = 12  # terms of an average in Y; of R, twice as many
_SHOWN_OF_A_SUM = 3  # terms of an average, where Y itself has too many terms to be shown


def game(report: Report) -> Iterator[Block]:
    """The tree, with every probability and reward."""
    tree = report.tree
    yield Heading(f"The game: {report.name}")
    sizes = [(tree.num_nodes, "decision"), (tree.num_edges, "outcome"), (report.size.episodes, "different episode")]
    yield Text(", ".join(counted(number, word) for number, word in sizes) + ".")
    yield from pruned([_root(report, tree, root) for root in range(tree.num_roots)])
    yield from left_out(report)


def _root(report: Report, tree: GameTree, root: int) -> Branch:
    chance, state = tree.rational_start[root], abridged(tree.state_of(root), _WIDEST)
    return _branch(report, tree, root, state if chance == 1 else f"{exact(chance)}  {state}")


def _branch(report: Report, tree: GameTree, node: int, label: str) -> Branch:
    choices = [choice for choice, owner in enumerate(tree.choice_node.tolist()) if owner == node]
    return Branch(label, tuple(child for choice in choices for child in _outcomes(report, tree, choice)))


def _outcomes(report: Report, tree: GameTree, choice: int) -> Iterator[Branch]:
    variable = int(tree.choice_variable[choice])
    action = report.actions[tree.variables[variable][1]]
    label = f"{action}  x{variable} = {exact(report.x[variable])}"
    for edge in (e for e, owner in enumerate(tree.edge_choice.tolist()) if owner == choice):
        chance = "" if tree.chance_of(edge) == 1 else f", then chance {exact(tree.chance_of(edge))}"
        arrival = f"{label}{chance}: {signed(tree.reward_of(edge))} → {abridged(tree.next_state_of(edge), _WIDEST)}"
        child = int(tree.edge_child[edge])
        yield Branch(f"{arrival}, end") if child == ENDS else _branch(report, tree, child, arrival)


def left_out(report: Report) -> Iterator[Block]:
    """What of the game's table is not in the game, or was not read as it was written."""
    if report.unreachable:
        one = len(report.unreachable) == 1
        verb, them = ("is", "it") if one else ("are", "them")
        states = counted(len(report.unreachable), "state")
        named = f"{first_few(report.unreachable)}.".replace("….", "…")
        yield Text(f"{states} of the table {verb} left out, for no episode meets {them}: {named}")
    if report.source and report.source.snapped:
        pairs = [f"{value!r} as {meaning}" for value, meaning in report.source.snapped.items()]
        yield Text(f"Read as the fractions they mean: {', '.join(first(pairs))}.")
        yield from _text(rest(pairs, "number"))
    if report.source and report.source.left_as_floats:
        rows = counted(len(report.source.left_as_floats), "row")
        yield Text(f"{rows} of probabilities show no fractions with sum 1, and stay floats.")


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
        f"{listed(map(exact, step.partials))}: they ignore that the widths sum to 1. Moving "
        f"probability from {actions[0]} to {actions[1]} changes R at rate {exact(step.difference)}, their difference; "
        "the chain rule through a softmax restores it."
    )


def expected_return(report: Report, at: SumsAt) -> Iterator[Block]:
    """R in both forms, and the best that can be reached."""
    sums = report.sums
    yield Heading(f"The expected return: R = {fraction_and_decimal(at.R)}")
    terms = len(sums.polynomials.R)
    if terms <= 2 * _LONGEST_SUM:
        yield Text(f"R = {sums.R}")
    else:
        yield Text(f"R is a polynomial of {counted(terms, 'term')}.")
    yield Text("Summed over the paths, P(path) · return:")
    paths = sums.polynomials.paths
    probabilities = [_probability(at, path) for path in paths]
    rows = [
        (_product(path.variables, path.chances), exact(probability), exact(path.future_returns[0]), exact(product))
        for path, probability, product in zip(first(paths), probabilities, at.R_by_paths, strict=False)
    ]
    total = ("sum", exact(sum(probabilities)), "", exact(sum(at.R_by_paths)))
    yield Table(("path", "probability", "return", "product"), (*rows, total), frozenset({"path"}))
    yield from _text(rest(paths, "path"))
    yield Text("Summed over the rewards, reward · P(receiving it):")
    rewards = sums.polynomials.rewards
    received = [
        (_product(term.variables, term.chances), exact(term.reward), exact(product))
        for term, product in zip(first(rewards), at.R_by_rewards, strict=False)
    ]
    total = ("sum", "", exact(sum(at.R_by_rewards)))
    yield Table(("received after", "reward", "product"), (*received, total), frozenset({"received after"}))
    yield from _text(rest(rewards, "reward"))
    same = "Proved equal for every policy." if sums.forms_agree else "They are NOT equal."
    yield Text(
        f"{same} After the first step alone R is {exact(at.R_by_steps[0])}.", None if sums.forms_agree else False
    )
    yield from best(report)


def fraction_and_decimal(value: Fraction) -> str:
    """A fraction with what it is as a decimal, exactly or nearly.

    >>> [fraction_and_decimal(value) for value in (Fraction(659, 250), Fraction(1, 3), Fraction(2))]
    ['659/250 = 2.636', '1/3 ≈ 0.333333', '2']
    """
    if value.denominator == 1:
        return str(value)
    decimal = exact(value)
    is_exact = "/" not in decimal and Fraction(decimal) == value
    return f"{value} = {decimal}" if is_exact else f"{value} ≈ {float(value):.6g}"


def best(report: Report) -> Iterator[Block]:
    """The best deterministic strategy, where it is known."""
    if report.best is None:
        yield Text("The best deterministic strategy is not known: there are too many to try them all.")
        return
    moves = [f"{abridged(seen)} {report.actions[action]}" for seen, action in report.best.actions.items()]
    told = f" ({', '.join(moves)})" if len(moves) <= _LONGEST_SUM else ""
    yield Text(f"The best deterministic strategy{told} is worth {exact(report.best.expected_return)}.")


def _text(text: str) -> Iterator[Block]:
    if text:
        yield Text(text)


def _probability(at: SumsAt, path: Path) -> Fraction:
    return product_of(at.x[v] for v in path.variables) * path.chance


def _product(variables: tuple[int, ...], chances: tuple[Fraction, ...]) -> str:
    text = " · ".join([*(f"x{v}" for v in variables), *(exact(c) for c in chances if c != 1)])
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def partials(report: Report, at: SumsAt) -> Iterator[Block]:
    """The table of the partials, and Y."""
    sums = report.sums
    yield Heading("The partial derivatives of R, and of the surrogate sum Y")
    yield from partials_table(report, at.partials_Y)
    often = "the probability of reaching the decision"
    if any(len(set(path.variables)) < len(path.variables) for path in sums.polynomials.paths):
        often = "how often the decision is reached in an episode"
    if report.tree.game.discount != 1:
        often += ", discounted,"
    yield Text(f"Each partial is {often} times the average return after the action.")
    yield Text("Y = Σ reach · x · average return, where reach and average are made of frozen probabilities p:")
    yield Lines(tuple(("Y = " if i == 0 else "  + ") + term for i, term in enumerate(_terms_of_Y(report))))
    yield from _text(rest(sums.polynomials.surrogate, "term"))
    value = (
        f"Y itself is {exact(at.Y)}, not R" if at.Y != at.R else f"Y itself is {exact(at.Y)}, as R is at this policy"
    )
    yield Text(f"{how_proved(report.proof)} {value}.", report.identity_holds)


def partials_table(report: Report, partials_Y: Sequence[Fraction] | None) -> Iterator[Block]:
    """The partials of R; beside them those of Y, if they were worked out by themselves."""
    truth, variables = report.truth, report.tree.variables
    shown = largest(truth.partials)
    rows = [
        (
            f"x{i}",
            abridged(variables[i][0]),
            report.actions[variables[i][1]],
            exact(report.x[i]),
            exact(truth.reach[i]),
            exact(report.average_return[i]),
            exact(truth.partials[i]),
            *([exact(partials_Y[i])] if partials_Y is not None else []),
        )
        for i in shown
    ]
    columns = ("x", "observation", "action", "probability", "reach", "average return", "∂R/∂x")
    columns = columns if partials_Y is None else (*columns, "∂Y/∂x")
    yield Table(columns, tuple(rows), frozenset({"x", "observation", "action"}))
    if len(shown) < len(variables):
        yield Text(f"The {len(shown)} largest of {len(variables):,}; --json writes all, and observations in full.")


def _terms_of_Y(report: Report) -> Iterator[str]:
    sums = report.sums
    every = sums.polynomials.surrogate
    shown = first(every)
    at_most = _LONGEST_SUM if len(shown) == len(every) else _SHOWN_OF_A_SUM
    for term in shown:
        beginning = term._replace(average=term.average[:at_most])
        [expression] = surrogate_terms([beginning], sums.x, sums.p)
        left = len(term.average) - len(beginning.average)
        inside, _, after = _write(expression).rpartition(")")  # of the average; chances may follow it, as in (…)/6
        yield f"{inside} + {left} more){after}" if left else _write(expression)


def how_proved(proof: Proof) -> str:
    """Whether ∂Y/∂x is ∂R/∂x, and how that was decided."""
    if not proof.holds:
        return "∂Y/∂x at p = x is NOT ∂R/∂x."
    if not proof.error_probability:
        return "Proved, as polynomials: ∂Y/∂x at p = x is ∂R/∂x, for every x."
    return (
        "∂Y/∂x at p = x is ∂R/∂x, for every x. The polynomials are too large to be written down, so both sides were "
        "worked out at random points modulo the prime 2**61 - 1, with random numbers for all chances and rewards: "
        f"different polynomials would have come out equal with probability at most {proof.error_probability:.0e}."
    )


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
