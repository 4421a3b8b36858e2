"""The command line: ``python -m gradcheck report`` and ``games``.

Exit codes: 0 passed, 1 a check failed, 2 bad usage or input; as in a shell, 130 interrupted and 141 nobody reads the
output. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tree.errors import InvalidArgument, invalid


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except InvalidArgument as error:
        print(f"gradcheck: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gradcheck",
        description="torch.autograd.gradcheck for policy gradients: exact truth beside sampled estimates.",
    )
    commands = parser.add_subparsers(metavar="command", required=True)
    report = commands.add_parser(
        "report",
        help="every number of the policy gradient theorem on a finite game, exact and sampled",
        description="Unroll a game, prove that the partials of R and Y are the same, estimate them from sampled "
        "episodes, and show both side by side. Exits with 0 if they agree, 1 if not.",
    )
    report.add_argument(
        "--game",
        default="robot",
        metavar="GAME",
        help="a name from `python -m gradcheck games`, a .toml or .json file, gymnasium:ID or openspiel:NAME "
        "(default: robot)",
    )
    report.add_argument(
        "--horizon",
        type=_at_least(1, "--horizon"),
        metavar="H",
        help="the number of steps after which every episode ends, for gymnasium: and openspiel: (default: their own)",
    )
    report.add_argument(
        "--episodes",
        type=_at_least(1, "--episodes"),
        metavar="N",
        help="how many to sample (default: 1_000_000, fewer where they are long)",
    )
    report.add_argument(
        "--seed", type=_at_least(0, "--seed"), default=0, metavar="S", help="of the sample (default: 0)"
    )
    report.add_argument("--json", metavar="PATH", help="write the numbers to a file, too")
    report.set_defaults(run=_report)
    games = commands.add_parser(
        "games",
        help="the games that come with gradcheck, and which bugs they expose",
        description="List the games that come with gradcheck, or say what one of them is, what it is good for and how "
        "large.",
    )
    games.add_argument("name", nargs="?", metavar="NAME", help="say more about this one")
    games.set_defaults(run=_games)
    return parser


class _at_least:  # noqa: N801 - argparse shows the name of a type in its messages
    """A whole number from a smallest one on that fits in an int64, with a message that says so."""

    def __init__(self, smallest: int, option: str) -> None:
        self._smallest = smallest
        self._option = option

    def __call__(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not self._smallest <= value < 2**63:
            expected = f"a whole number from {self._smallest} to 2**63 - 1"
            hint = "Write it like 1000 or 1_000." if value is None else ""
            raise argparse.ArgumentTypeError(str(invalid(expected, self._option, text, hint)))
        return value


def _report(arguments: argparse.Namespace) -> int:
    from gradcheck.report import files

    if arguments.json is not None:
        files.check_writable(arguments.json)  # before torch is imported, let alone a number computed

    from gradcheck.named_games import open_game

    named = open_game(arguments.game, horizon=arguments.horizon)

    from gradcheck.report import json_form
    from gradcheck.report.data import make_report
    from gradcheck.report.document import document
    from gradcheck.report.terminal import show

    report = make_report(
        named.game,
        named.policy,
        episodes=arguments.episodes,
        seed=arguments.seed,
        name=named.name,
        actions=named.actions,
        one_step=named.one_step,
        source=named.source,
    )
    if arguments.json is not None:
        files.write(json_form.to_parts(report), arguments.json)
    show(document(report))
    return 0 if report.passed else 1


def _games(arguments: argparse.Namespace) -> int:
    from gradcheck.commands_games import run

    return run(arguments.name)
