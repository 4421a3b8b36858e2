"""The command line: ``python -m gradcheck check``, ``report`` and ``games``.

Exit codes: 0 passed, 1 a check failed, 2 bad usage or input, 3 a check that could not decide; as in a shell, 130
interrupted and 141 nobody reads the output. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gradcheck import __version__
from gradcheck.cli import check, games, report
from gradcheck.tree.errors import InvalidArgument


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
    for command in (check, report, games):
        command.add_parser(commands)
    return parser
