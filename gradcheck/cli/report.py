"""``python -m gradcheck report``: every number of a game, exact and sampled, as a page and as JSON."""

from __future__ import annotations

import argparse

from gradcheck.cli.parsers import at_least
from gradcheck.tree.sources.registry import what_game_takes, what_horizon_is_for


def add_options(report: argparse.ArgumentParser) -> None:
    """Add the description and the options of the command."""
    report.description = (
        "Unroll a game, prove that the partials of R and Y are the same, estimate them from sampled episodes, and show "
        "both side by side. Exits with 0 if they agree, 1 if not."
    )
    report.add_argument(
        "--game",
        default="robot",
        metavar="GAME",
        help=f"{what_game_takes()} (default: robot)",
    )
    report.add_argument(
        "--horizon",
        type=at_least(1, "--horizon"),
        metavar="H",
        help=f"the number of steps after which every episode ends, for {what_horizon_is_for()} (default: their own)",
    )
    report.add_argument(
        "--episodes",
        type=at_least(1, "--episodes"),
        metavar="N",
        help="how many to sample (default: 1_000_000, fewer where they are long)",
    )
    report.add_argument("--seed", type=at_least(0, "--seed"), default=0, metavar="S", help="of the sample (default: 0)")
    report.add_argument("--json", metavar="PATH", help="write the numbers to a file, too")
    report.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compute the report, show it, and return the exit code.

    Raises:
        InvalidArgument: if there is no such game, or it is too large.
    """
    from gradcheck.tree.sources.text_files import check_writable, write_parts

    if arguments.json is not None:
        check_writable(arguments.json, "--json")  # before torch is imported, let alone a number computed

    from gradcheck.tree.sources.open_game import open_game

    named = open_game(arguments.game, horizon=arguments.horizon)

    from gradcheck.document.terminal import show
    from gradcheck.report import json_report as json_form
    from gradcheck.report.data import make_report
    from gradcheck.report.text_report import document

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
        write_parts(json_form.to_parts(report), arguments.json, "--json")
    show(document(report))
    return 0 if report.passed else 1
