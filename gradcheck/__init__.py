"""torch.autograd.gradcheck for policy gradients: is this loss's expected gradient the gradient of the expected return?

Everything is imported from here. Names are imported when they are first used, so that ``import gradcheck`` itself is
light.
"""

from __future__ import annotations

# First of all: it makes `tree` ours to import from, whoever else has installed something of that name.
import estimators as estimators

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from estimators.episodes import Episodes as Episodes
    from estimators.policies import LinearPolicy as LinearPolicy
    from estimators.policies import TabularPolicy as TabularPolicy
    from estimators.sampling import sample as sample
    from estimators.training import train as train
    from gradcheck import games as games
    from gradcheck import objectives as objectives
    from gradcheck import strategies as strategies
    from gradcheck.assertions import assert_consistent as assert_consistent
    from gradcheck.assertions import assert_proportional as assert_proportional
    from gradcheck.assertions import assert_unbiased as assert_unbiased
    from gradcheck.checking.check import check as check
    from gradcheck.checking.result import CheckResult as CheckResult
    from gradcheck.errors import GradcheckError as GradcheckError
    from gradcheck.histories import with_histories as with_histories
    from gradcheck.moments import GradientMoments as GradientMoments
    from gradcheck.moments import gradient_moments as gradient_moments
    from gradcheck.moments import optimal_baseline as optimal_baseline
    from gradcheck.truth import expected_return as expected_return
    from gradcheck.truth import partials as partials
    from gradcheck.truth import policy_gradient as policy_gradient
    from tree.batches import evaluate_batch as evaluate_batch
    from tree.best import best_strategy as best_strategy
    from tree.errors import InvalidArgument as InvalidArgument
    from tree.game import Game as Game
    from tree.game import TabularGame as TabularGame
    from tree.sources.files import load_game as load_game
    from tree.sources.files import save_game as save_game
    from tree.sources.from_gymnasium import from_gymnasium as from_gymnasium
    from tree.sources.from_openspiel import from_openspiel as from_openspiel
    from tree.sums import SymbolicSums as SymbolicSums
    from tree.sums import symbolic_sums as symbolic_sums
    from tree.unroll import GameTree as GameTree
    from tree.unroll import unroll as unroll

_HOME = {
    "CheckResult": "gradcheck.checking.result",
    "Episodes": "estimators.episodes",
    "Game": "tree.game",
    "GameTree": "tree.unroll",
    "GradcheckError": "gradcheck.errors",
    "GradientMoments": "gradcheck.moments",
    "InvalidArgument": "tree.errors",
    "LinearPolicy": "estimators.policies",
    "SymbolicSums": "tree.sums",
    "TabularGame": "tree.game",
    "TabularPolicy": "estimators.policies",
    "assert_consistent": "gradcheck.assertions",
    "assert_proportional": "gradcheck.assertions",
    "assert_unbiased": "gradcheck.assertions",
    "best_strategy": "tree.best",
    "check": "gradcheck.checking.check",
    "evaluate_batch": "tree.batches",
    "expected_return": "gradcheck.truth",
    "from_gymnasium": "tree.sources.from_gymnasium",
    "from_openspiel": "tree.sources.from_openspiel",
    "gradient_moments": "gradcheck.moments",
    "load_game": "tree.sources.files",
    "optimal_baseline": "gradcheck.moments",
    "partials": "gradcheck.truth",
    "policy_gradient": "gradcheck.truth",
    "sample": "estimators.sampling",
    "save_game": "tree.sources.files",
    "symbolic_sums": "tree.sums",
    "train": "estimators.training",
    "unroll": "tree.unroll",
    "with_histories": "gradcheck.histories",
}
_MODULES = ("games", "objectives", "strategies")

__all__ = [
    "CheckResult",
    "Episodes",
    "Game",
    "GameTree",
    "GradcheckError",
    "GradientMoments",
    "InvalidArgument",
    "LinearPolicy",
    "SymbolicSums",
    "TabularGame",
    "TabularPolicy",
    "assert_consistent",
    "assert_proportional",
    "assert_unbiased",
    "best_strategy",
    "check",
    "estimators",
    "evaluate_batch",
    "expected_return",
    "from_gymnasium",
    "from_openspiel",
    "games",
    "gradient_moments",
    "load_game",
    "objectives",
    "optimal_baseline",
    "partials",
    "policy_gradient",
    "sample",
    "save_game",
    "strategies",
    "symbolic_sums",
    "train",
    "unroll",
    "with_histories",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return __all__
