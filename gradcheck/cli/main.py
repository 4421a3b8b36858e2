"""The command line: ``python -m gradcheck check``, ``report`` and ``games``.

Exit codes: 0 passed, 1 a check failed, 2 bad usage or input, 3 a check that could not decide; as in a shell, 130
interrupted and 141 nobody reads the output. Nothing heavy is imported before a command runs, and of a command that is
not named nothing but the line below.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from gradcheck import __version__
from gradcheck.tree.errors import InvalidArgument

#: What each command is for. Its options, and what it does, are in the module of this folder that has its name.
COMMANDS = {
    "check": "whether a loss of yours has the policy gradient as its expected gradient",
    "report": "every number of the policy gradient theorem on a finite game, exact and sampled",
    "games": "the games that come with gradcheck, and which bugs they expose",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser(words).parse_args(words)
    try:
        return arguments.run(arguments)
    except InvalidArgument as error:
        print(f"gradcheck: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """All commands, with the options of those that are among the words typed: no other can be run."""
    parser = argparse.ArgumentParser(
        prog="gradcheck",
        description="torch.autograd.gradcheck for policy gradients: exact truth beside sampled estimates.",
    )
    parser.add_argument("--version", action="version", version=f"gradcheck {__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    for name, purpose in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name in words:
            import_module(f"gradcheck.cli.{name}").add_options(command)
    return parser
