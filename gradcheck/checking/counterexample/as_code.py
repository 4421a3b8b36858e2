"""A game, a policy and a batch as Python to paste into a test."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from fractions import Fraction

from gradcheck.tree.errors import invalid
from gradcheck.tree.game import Game, TabularGame
from gradcheck.tree.game_tree import GameTree
from gradcheck.tree.types import Number, Outcome
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.policy_table import PolicyTable, read_rows

_LONGEST_LINE = 88


def as_code(
    game: TabularGame,
    policy_table: PolicyTable,
    batch: int | tuple[int, int],
    loss_name: str,
    call: str = "assert_unbiased",
    *,
    options: Mapping[str, object] | None = None,
) -> str:
    """Python that builds the game and the policy and makes the call, in as few lines as can be read.

    Args:
        game: its states and observations must be such as can be written down: numbers, text, tuples of these.
        policy_table: ``{observation: probabilities}``; it is left out where it is uniform over the legal actions.
        batch: the argument of that name.
        loss_name: what the loss is called where the code is pasted; ``loss`` where that is no name.
        call: a function of ``gradcheck`` with the arguments (loss, game, policy, batch=…).
        options: further arguments of the call, ``{name: value}``.

    Raises:
        InvalidArgument: if a state or an observation cannot be written down, or the policy is none of the game's.

    >>> game = TabularGame({(1,): {0: [(1, "end", 0, True)], 1: [(1, "end", 1, True)]}}, start=(1,), horizon=1)
    >>> print(as_code(game, {(1,): ("1/3", "2/3")}, 1, "loss"))
    from gradcheck import TabularGame, TabularPolicy, assert_unbiased
    <BLANKLINE>
    game = TabularGame(
        {(1,): {0: [(1, "end", 0, True)], 1: [(1, "end", 1, True)]}},
        start=(1,),
        horizon=1,
    )
    policy = TabularPolicy(game, {(1,): ("1/3", "2/3")})
    assert_unbiased(loss, game, policy, batch=1)
    """
    policy = code_of_a_table(game, policy_table)
    return code_of_a_test(game, [policy], batch, loss_name, call, options=options, imports=("TabularPolicy",))


def code_of_a_test(
    game: TabularGame | None,
    policy: Sequence[str],
    batch: int | tuple[int, int],
    loss_name: str,
    call: str,
    *,
    options: Mapping[str, object] | None = None,
    imports: Sequence[str] = (),
    before: Sequence[str] = (),
    policy_name: str = "policy",
) -> str:
    """The same with a policy that is written down already.

    Args:
        game: as for ``as_code``; None where it has a name, ``game``, where the code is pasted.
        policy: the lines that make it.
        batch: as for ``as_code``.
        loss_name: as for ``as_code``.
        call: as for ``as_code``.
        options: as for ``as_code``.
        imports: names in ``gradcheck`` that these lines need.
        before: other imports that they need.
        policy_name: what it is called.

    Raises:
        InvalidArgument: if a state or an observation cannot be written down.
    """
    name = loss_name if loss_name.isidentifier() else "loss"
    given = {"batch": batch, **(options or {})}
    arguments = [name, "game", policy_name, *(f"{key}={_literal(value, key)}" for key, value in given.items())]
    needed = {call, *imports, *(() if game is None else ("TabularGame",))}
    ours = sorted(needed, key=lambda word: (not word[0].isupper(), word))
    return "\n".join(
        [
            *([*before, ""] if before else []),
            f"from gradcheck import {', '.join(ours)}",
            "",
            *([] if game is None else ["game = " + _call("TabularGame", _game_arguments(game))]),
            *policy,
            _call(call, arguments),
        ]
    )


def code_of_a_table(game: Game | GameTree, table: PolicyTable) -> str:
    """The line, or the lines, that make a ``TabularPolicy`` called ``policy`` of the game."""
    return "policy = " + _call("TabularPolicy", ["game", *_policy_arguments(game, table)])


def _game_arguments(game: TabularGame) -> list[str]:
    rows = {
        _literal(state, "a state"): _braces(
            {str(action): f"[{', '.join(map(_outcome, outcomes))}]" for action, outcomes in row.items()}
        )
        for state, row in game.P.items()
    }
    if len(game.start) == 1:
        start = _literal(next(iter(game.start)), "a state")
    else:
        start = _braces({_literal(state, "a state"): _number(chance) for state, chance in game.start.items()})
    arguments = [_lines(rows), f"start={start}", f"horizon={game.horizon}"]
    if any(seen != state for state, seen in game.observations.items()):
        seen = {
            _literal(state, "a state"): _literal(seen, "an observation") for state, seen in game.observations.items()
        }
        arguments.append(f"observations={_lines(seen)}")
    if game.discount != 1:
        arguments.append(f"discount={_number(game.discount)}")
    return arguments


def _policy_arguments(game: Game | GameTree, table: PolicyTable) -> list[str]:
    tree = unroll(game)
    rows = read_rows(tree, table)
    if all(probability == Fraction(1, len(row)) for row in rows for probability in row):
        return []
    written: dict[str, str] = {}
    for seen, row, legal in zip(tree.observations, rows, tree.legal_actions.tolist(), strict=True):
        of_legal = iter(row)
        every = [_number(next(of_legal) if ok else Fraction(0)) for ok in legal]
        written[_literal(seen, "an observation")] = f"({', '.join(every)}{',' if len(every) == 1 else ''})"
    return [_lines(written)]


def _outcome(outcome: Outcome) -> str:
    chance, state, reward, terminated = outcome
    return f"({_number(chance)}, {_literal(state, 'a state')}, {_number(reward)}, {terminated})"


def _number(value: Number) -> str:
    if isinstance(value, float):
        return repr(value)
    return str(value) if value.denominator == 1 else f'"{value}"'


def _literal(value: object, name: str) -> str:
    """Its text, with double quotes where that is as good.

    Text is written by ``repr`` with single quotes; what is pasted should look as formatters leave it.
    """
    if isinstance(value, tuple):
        parts = [_literal(part, name) for part in value]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    text = repr(value)
    try:
        read = ast.literal_eval(text)
        same = type(read) is type(value) and read == value
    except (ValueError, SyntaxError):
        same = False
    if not same:
        raise invalid("numbers, text or tuples of these, which can be written down", name, value)
    plain = isinstance(value, str) and not {'"', "'", "\\"} & set(text[1:-1])
    return f'"{text[1:-1]}"' if plain else text


def _braces(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


def _lines(entries: Mapping[str, str]) -> str:
    """One entry a line, where they do not fit on one."""
    short = _braces(entries)
    if len(short) + 5 <= _LONGEST_LINE:
        return short
    return "{\n" + "".join(f"    {key}: {value},\n" for key, value in entries.items()) + "}"


def _call(name: str, arguments: list[str]) -> str:
    """One argument a line, where they do not fit on one."""
    short = f"{name}({', '.join(arguments)})"
    if "\n" not in short and len(f"policy = {short}") <= _LONGEST_LINE:
        return short
    inside = ",\n".join(arguments).replace("\n", "\n    ")
    return f"{name}(\n    {inside},\n)"
