"""``python -m gradcheck check``: the verdict on one loss, as a page and as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gradcheck.checking.options import POLICY_OUTPUTS, Option, described
from gradcheck.cli.parsers import at_least, batch, positive, seconds
from gradcheck.document.blocks import Block, Lines, Text
from gradcheck.tree.errors import invalid, shown
from gradcheck.tree.sources.registry import what_game_takes, what_horizon_is_for
from gradcheck.tree.sources.text_files import check_writable, write_parts

if TYPE_CHECKING:
    from gradcheck.checking.result import CheckResult


#: Options whose text is read in a way of its own.
_PARSERS: dict[str, Callable[[str], object]] = {"batch": batch, "learning_rate": positive, "search": seconds}


def add_options(check: argparse.ArgumentParser) -> None:
    """Add the description and the options: those of ``gradcheck.check`` that have a flag, and where objects are."""
    check.description = (
        "Decide exactly, by enumerating all batches, whether minus the expected gradient of a loss is the gradient of "
        "the expected return. Exits with 0 if the verdict is at least --accept, 1 if not, 2 if there is nothing to "
        "check, 3 if nothing was decided."
    )
    check.add_argument(
        "loss", metavar="LOSS", help="MODULE:FUNCTION or FILE.py:FUNCTION, a loss(policy, episodes) to minimise"
    )
    check.add_argument(
        "--policy",
        metavar="POLICY",
        help="what policies return: logits (default), categorical or logits_and_value; or a policy of yours, "
        "MODULE:NAME, for --game",
    )
    check.add_argument(
        "--game",
        metavar="GAME",
        help=f"instead of the battery of small games: {what_game_takes()}",
    )
    check.add_argument(
        "--horizon", type=at_least(1, "--horizon"), metavar="H", help=f"of {what_horizon_is_for()} games"
    )
    for name, (field, option) in described().items():
        if option.flag:
            how = _how_to_read(name, field.default, option)
            check.add_argument(option.flag, dest=name, help=option.flag_help, **how)
    check.add_argument("--json", metavar="PATH", help="write the result to a file, too")
    check.set_defaults(run=run)


def _how_to_read(name: str, default: object, option: Option) -> dict[str, Any]:
    """The arguments of ``add_argument`` that follow from an option. What is not given is None."""
    if default is True:
        return {"action": "store_false", "default": None}
    if isinstance(default, tuple):
        return {"action": "append", "metavar": option.metavar}
    if option.choices:
        return {"choices": option.choices}
    if option.least is not None:
        return {"type": at_least(option.least, option.flag), "metavar": option.metavar}
    return {"type": _PARSERS.get(name, str), "metavar": option.metavar}


def run(arguments: argparse.Namespace) -> int:
    """Check the loss that is named, show the result, and return the exit code.

    Raises:
        InvalidArgument: if there is no such loss, or it cannot be checked.
    """
    if arguments.json is not None:
        check_writable(arguments.json, "--json")  # before torch is imported, let alone a number computed
    if arguments.horizon is not None and arguments.game is None:
        raise invalid("--game where --horizon is given", "--horizon", arguments.horizon)

    from gradcheck.cli import user_code

    loss = user_code.find(arguments.loss, "LOSS", "losses.py:my_loss")
    if not callable(loss):
        raise invalid("a function loss(policy, episodes)", "LOSS", arguments.loss, f"It is {shown(loss)}.")
    game, policy = _game_and_policy(arguments)

    from gradcheck import check
    from gradcheck.checking.rendering.json_result import to_dict
    from gradcheck.document.terminal import show

    with user_code.one_line("a loss that can be evaluated", "LOSS", arguments.loss):
        result = check(loss, game, policy, **_options(arguments))
    if arguments.json is not None:
        text = json.dumps(to_dict(result), indent=2, allow_nan=False, ensure_ascii=False)
        write_parts([text, "\n"], arguments.json, "--json")
    show(_page(result))
    return exit_code(result)


def exit_code(result: CheckResult) -> int:
    """0 passed, 1 failed, 3 not decided."""
    if result:
        return 0
    return 3 if result.undecided else 1


def _page(result: CheckResult) -> Iterator[Block]:
    from gradcheck.checking.rendering.page import page

    yield from page(result)
    if result.counterexample is not None:
        yield Text("result.counterexample.code is:")
        yield Lines(tuple(result.counterexample.code.splitlines()))


def _game_and_policy(arguments: argparse.Namespace) -> tuple[Any, Any]:
    from gradcheck.cli import user_code
    from gradcheck.tree.sources.open_game import open_game

    policy: Any = arguments.policy
    if policy is not None and policy not in POLICY_OUTPUTS:
        if ":" not in policy:
            raise invalid(f"{', '.join(POLICY_OUTPUTS)} or MODULE:NAME", "--policy", policy)
        policy = user_code.find(policy, "--policy", "networks.py:policy")
    if arguments.game is None:
        return None, policy
    named = open_game(arguments.game, horizon=arguments.horizon)
    return named.game, named.policy if policy is None else policy


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given; the rest is left to the defaults of the function."""
    given = {name: getattr(arguments, name) for name, (_, option) in described().items() if option.flag}
    return {name: value for name, value in given.items() if value is not None}
