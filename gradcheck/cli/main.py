"""The command line: ``python -m gradcheck check``, ``report`` and ``games``.

Exit codes: 0 passed, 1 a check failed, 2 bad usage or input, 3 a check that could not decide; as in a shell, 130
interrupted and 141 nobody reads the output. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from gradcheck import __version__
from gradcheck.tree.errors import InvalidArgument, invalid


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
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    _add_check(commands)
    _add_report(commands)
    _add_games(commands)
    return parser


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="whether a loss of yours has the policy gradient as its expected gradient",
        description="Decide exactly, by enumerating all batches, whether minus the expected gradient of a loss is the "
        "gradient of the expected return. Exits with 0 if the verdict is at least --accept, 1 if not, 2 if there is "
        "nothing to check, 3 if nothing was decided.",
    )
    check.add_argument(
        "loss", metavar="LOSS", help="MODULE:FUNCTION or FILE.py:FUNCTION, a loss(policy, episodes) to minimise"
    )
    check.add_argument(
        "--batch",
        type=_batch,
        metavar="N",
        help="episodes in a batch; KxG: K groups of G; with --collect steps, steps (default: 4)",
    )
    check.add_argument(
        "--accept",
        choices=("unbiased", "proportional", "consistent"),
        help="the least verdict that passes (default: proportional)",
    )
    check.add_argument(
        "--condition",
        action="append",
        metavar="NAME",
        help="what the verdict is about, may be given several times: complete_episodes (default), discounted, "
        "fixed_steps, groups, moved_parameters, micro_batches, illegal_actions",
    )
    check.add_argument("--collect", choices=("episodes", "steps", "groups"), help="a shorter way to name the condition")
    check.add_argument(
        "--discount", metavar="D", help="of the condition discounted, such as 0.9 or 9/10 (default: 1/2)"
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
        help="instead of the battery of small games: a name from `python -m gradcheck games`, a .toml or .json file, "
        "gymnasium:ID or openspiel:NAME",
    )
    check.add_argument(
        "--horizon", type=_at_least(1, "--horizon"), metavar="H", help="of gymnasium: and openspiel: games"
    )
    check.add_argument("--learning-rate", type=_positive, metavar="LR", help="of the SGD optimiser that the loss steps")
    check.add_argument(
        "--draws",
        type=_at_least(1, "--draws"),
        metavar="N",
        help="batches to sample where they cannot be enumerated: random losses, or too many of them (default: refuse)",
    )
    check.add_argument("--seed", type=_at_least(0, "--seed"), metavar="S", help="of the battery (default: 0)")
    check.add_argument("--no-counterexample", action="store_true", help="do not look for the smallest game that fails")
    check.add_argument("--json", metavar="PATH", help="write the result to a file, too")
    check.set_defaults(run=_check)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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


def _add_games(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    games = commands.add_parser(
        "games",
        help="the games that come with gradcheck, and which bugs they expose",
        description="List the games that come with gradcheck, or say what one of them is, what it is good for and how "
        "large.",
    )
    games.add_argument("name", nargs="?", metavar="NAME", help="say more about this one")
    games.set_defaults(run=_games)


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


def _batch(text: str) -> int | tuple[int, int]:
    """A number of episodes, or the numbers of groups and of episodes in each."""
    parts = text.lower().split("x")
    expected = "a whole number from 1, or two of them, groups x episodes in each"
    try:
        numbers = [_at_least(1, "--batch")(part) for part in parts]
    except argparse.ArgumentTypeError:
        numbers = []
    if len(numbers) not in {1, 2}:
        raise argparse.ArgumentTypeError(str(invalid(expected, "--batch", text, "Write it like 4 or 2x3.")))
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(str(invalid("a number above 0", "--learning-rate", text)))
    return value


def _check(arguments: argparse.Namespace) -> int:
    from gradcheck.cli.check import run

    return run(arguments)


def _report(arguments: argparse.Namespace) -> int:
    from gradcheck.report import files

    if arguments.json is not None:
        files.check_writable(arguments.json)  # before torch is imported, let alone a number computed

    from gradcheck.tree.sources.open_game import open_game

    named = open_game(arguments.game, horizon=arguments.horizon)

    from gradcheck.document.terminal import show
    from gradcheck.report import json_report as json_form
    from gradcheck.report.data import make_report
    from gradcheck.report.document import document

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
    from gradcheck.cli.games import run

    return run(arguments.name)
