"""torch.autograd.gradcheck for policy gradients: is this loss's expected gradient the gradient of the expected return?

Everything is imported from here. Names are imported when they are first used, so that ``import gradcheck`` itself is
light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck import estimators as estimators
    from gradcheck import games as games
    from gradcheck import objectives as objectives
    from gradcheck import strategies as strategies
    from gradcheck.assertions import GradcheckError as GradcheckError
    from gradcheck.assertions import assert_consistent as assert_consistent
    from gradcheck.assertions import assert_proportional as assert_proportional
    from gradcheck.assertions import assert_unbiased as assert_unbiased
    from gradcheck.checking.check import check as check
    from gradcheck.checking.result import CheckResult as CheckResult
    from gradcheck.estimators.episodes import Episodes as Episodes
    from gradcheck.estimators.policies import LinearPolicy as LinearPolicy
    from gradcheck.estimators.policies import TabularPolicy as TabularPolicy
    from gradcheck.estimators.sampling import sample as sample
    from gradcheck.estimators.training import train as train
    from gradcheck.exact import expected_return as expected_return
    from gradcheck.exact import partials as partials
    from gradcheck.exact import policy_gradient as policy_gradient
    from gradcheck.gradient_variance import GradientMoments as GradientMoments
    from gradcheck.gradient_variance import gradient_moments as gradient_moments
    from gradcheck.gradient_variance import optimal_baseline as optimal_baseline
    from gradcheck.histories import with_histories as with_histories
    from gradcheck.tree.errors import InvalidArgument as InvalidArgument
    from gradcheck.tree.game import Game as Game
    from gradcheck.tree.game import TabularGame as TabularGame
    from gradcheck.tree.sources.files import load_game as load_game
    from gradcheck.tree.sources.files import save_game as save_game
    from gradcheck.tree.sources.from_gymnasium import from_gymnasium as from_gymnasium
    from gradcheck.tree.sources.from_openspiel import from_openspiel as from_openspiel
    from gradcheck.tree.symbolic.sums import SymbolicSums as SymbolicSums
    from gradcheck.tree.symbolic.sums import symbolic_sums as symbolic_sums
    from gradcheck.tree.unroll import GameTree as GameTree
    from gradcheck.tree.unroll import unroll as unroll
    from gradcheck.tree.values.best_policy import best_strategy as best_strategy
    from gradcheck.tree.values.evaluate_batch import evaluate_batch as evaluate_batch

_HOME = {
    "CheckResult": "gradcheck.checking.result",
    "Episodes": "gradcheck.estimators.episodes",
    "Game": "gradcheck.tree.game",
    "GameTree": "gradcheck.tree.unroll",
    "GradcheckError": "gradcheck.assertions",
    "GradientMoments": "gradcheck.gradient_variance",
    "InvalidArgument": "gradcheck.tree.errors",
    "LinearPolicy": "gradcheck.estimators.policies",
    "SymbolicSums": "gradcheck.tree.symbolic.sums",
    "TabularGame": "gradcheck.tree.game",
    "TabularPolicy": "gradcheck.estimators.policies",
    "assert_consistent": "gradcheck.assertions",
    "assert_proportional": "gradcheck.assertions",
    "assert_unbiased": "gradcheck.assertions",
    "best_strategy": "gradcheck.tree.values.best_policy",
    "check": "gradcheck.checking.check",
    "evaluate_batch": "gradcheck.tree.values.evaluate_batch",
    "expected_return": "gradcheck.exact",
    "from_gymnasium": "gradcheck.tree.sources.from_gymnasium",
    "from_openspiel": "gradcheck.tree.sources.from_openspiel",
    "gradient_moments": "gradcheck.gradient_variance",
    "load_game": "gradcheck.tree.sources.files",
    "optimal_baseline": "gradcheck.gradient_variance",
    "partials": "gradcheck.exact",
    "policy_gradient": "gradcheck.exact",
    "sample": "gradcheck.estimators.sampling",
    "save_game": "gradcheck.tree.sources.files",
    "symbolic_sums": "gradcheck.tree.symbolic.sums",
    "train": "gradcheck.estimators.training",
    "unroll": "gradcheck.tree.unroll",
    "with_histories": "gradcheck.histories",
}
_MODULES = ("estimators", "games", "objectives", "strategies")

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
