"""``python -m gradcheck check``: the verdict on one loss, as a page and as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcheck.document.blocks import Block, Lines, Text
from gradcheck.report import files
from gradcheck.tree.errors import invalid, shown

if TYPE_CHECKING:
    from gradcheck.checking.result import CheckResult

_POLICIES = ("logits", "categorical", "logits_and_value")


def run(arguments: argparse.Namespace) -> int:
    """Check the loss that is named, show the result, and return the exit code.

    Raises:
        InvalidArgument: if there is no such loss, or it cannot be checked.
    """
    if arguments.json is not None:
        files.check_writable(arguments.json)  # before torch is imported, let alone a number computed
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
        files.write([text, "\n"], arguments.json)
    show(_page(result))
    return exit_code(result)


def exit_code(result: CheckResult) -> int:
    """0 passed, 1 failed, 3 not decided."""
    from gradcheck.checking.verdict import Verdict

    if result:
        return 0
    return 3 if result.verdict is Verdict.INCONCLUSIVE else 1


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
    if policy is not None and policy not in _POLICIES:
        if ":" not in policy:
            raise invalid(f"{', '.join(_POLICIES)} or MODULE:NAME", "--policy", policy)
        policy = user_code.find(policy, "--policy", "networks.py:policy")
    if arguments.game is None:
        return None, policy
    named = open_game(arguments.game, horizon=arguments.horizon)
    return named.game, named.policy if policy is None else policy


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given; the rest is left to the defaults of the function."""
    options = {
        "batch": arguments.batch,
        "accept": arguments.accept,
        "conditions": None if arguments.condition is None else tuple(arguments.condition),
        "collect": arguments.collect,
        "discount": arguments.discount,
        "learning_rate": arguments.learning_rate,
        "draws": arguments.draws,
        "seed": arguments.seed,
        "counterexample": False if arguments.no_counterexample else None,
    }
    return {name: value for name, value in options.items() if value is not None}
