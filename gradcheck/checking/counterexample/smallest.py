"""The counterexample of a request: the smallest game on which its loss fails, as code."""

from __future__ import annotations

import warnings
from dataclasses import replace

from gradcheck.checking.conditions.base import COMPLETE, DISCOUNTED, GROUPS, ILLEGAL, MICRO, MOVED, STEPS
from gradcheck.checking.counterexample.as_code import as_code
from gradcheck.checking.counterexample.search import find_counterexample
from gradcheck.checking.expectation.loss_gradient import name_of
from gradcheck.checking.judge import judge
from gradcheck.checking.options import Request
from gradcheck.checking.probes.subjects import Given
from gradcheck.checking.result import Counterexample
from gradcheck.tree.game import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.policy_table import PolicyTable

_MOST_BATCHES = 100  # of one game
_TRIED = 120  # games, policies and batches: a second or two
_SIZES = {COMPLETE: (1, 2, 3), DISCOUNTED: (1, 2, 3), STEPS: (1, 2, 3), GROUPS: (4,), MOVED: (1, 2), MICRO: (2, 4)}


def smallest_failure(request: Request) -> Counterexample | None:
    """Search for it among games that are tiny; None if the loss fails on none of those tried.

    The policies there are tables, which return logits.
    """
    failing = [name for name in request.conditions if name != ILLEGAL]
    if not failing or (request.subject.is_battery and not request.subject.plain):
        return None
    condition = failing[0]
    asked = COMPLETE if condition == DISCOUNTED else condition
    sizes = tuple(dict.fromkeys(min(size, request.size(condition)) for size in _SIZES[condition]))

    def discounted(game: TabularGame) -> TabularGame:
        if condition != DISCOUNTED:
            return game
        return TabularGame(game.P, dict(game.start), game.horizon, dict(game.observations), request.discount)

    def fails(game: TabularGame, table: PolicyTable, batch: int) -> bool:
        subject = Given(unroll(discounted(game)), table, None, request.seed)
        here = replace(request, subject=subject, batch=(2, batch // 2) if asked == GROUPS else batch)
        try:
            return not judge(here, asked, most=_MOST_BATCHES).verdict.at_least(request.accept)
        except Exception:  # whatever a loss does on games it was not made for is no counterexample
            return False

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = find_counterexample(fails, seed=request.seed, max_examples=_TRIED, batches=sizes)
    if found is None:
        return None
    batch = (2, found.batch // 2) if asked == GROUPS else found.batch
    options = {} if asked == COMPLETE else {"conditions": asked}
    call = f"assert_{request.accept}"
    code = as_code(discounted(found.game), found.policy, batch, name_of(request.loss), call, options=options)
    return Counterexample(code, _words(found.game, found.batch, asked))


def _words(game: TabularGame, batch: int, condition: str) -> str:
    tree = unroll(game)
    steps = len(tree.node_levels)
    sizes = [
        "one decision" if tree.num_nodes == 1 else f"{tree.num_nodes} decisions",
        "episodes of one step" if steps == 1 else f"episodes of up to {steps} steps",
        f"a buffer of {batch} steps" if condition == STEPS else f"a batch of {batch}",
    ]
    return f"The smallest game found on which it fails: {', '.join(sizes)}."
