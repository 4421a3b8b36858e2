"""The sampled side: episodes, policies and losses on torch. Names are imported when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.estimators.averages import over_episodes as over_episodes
    from gradcheck.estimators.averages import over_steps as over_steps
    from gradcheck.estimators.distributions import action_log_probs as action_log_probs
    from gradcheck.estimators.distributions import action_probs as action_probs
    from gradcheck.estimators.episode_list import all_episodes as all_episodes
    from gradcheck.estimators.episodes import Episodes as Episodes
    from gradcheck.estimators.episodes import from_steps as from_steps
    from gradcheck.estimators.inverse_probability import inverse_prob as inverse_prob
    from gradcheck.estimators.policies import LinearPolicy as LinearPolicy
    from gradcheck.estimators.policies import ProbabilityTable as ProbabilityTable
    from gradcheck.estimators.policies import TabularPolicy as TabularPolicy
    from gradcheck.estimators.policy_gradients import log_prob as log_prob
    from gradcheck.estimators.sampling import sample as sample
    from gradcheck.estimators.training import train as train
    from gradcheck.estimators.training import vanilla as vanilla
    from gradcheck.estimators.weights import from_the_start as from_the_start
    from gradcheck.estimators.weights import future_returns as future_returns
    from gradcheck.estimators.weights import normalised as normalised

_HOME = {
    "action_log_probs": "distributions",
    "action_probs": "distributions",
    "all_episodes": "episode_list",
    "Episodes": "episodes",
    "LinearPolicy": "policies",
    "ProbabilityTable": "policies",
    "TabularPolicy": "policies",
    "from_steps": "episodes",
    "from_the_start": "weights",
    "future_returns": "weights",
    "inverse_prob": "inverse_probability",
    "log_prob": "policy_gradients",
    "normalised": "weights",
    "over_episodes": "averages",
    "over_steps": "averages",
    "sample": "sampling",
    "train": "training",
    "vanilla": "training",
}

__all__ = [
    "Episodes",
    "LinearPolicy",
    "ProbabilityTable",
    "TabularPolicy",
    "action_log_probs",
    "action_probs",
    "all_episodes",
    "from_steps",
    "from_the_start",
    "future_returns",
    "inverse_prob",
    "log_prob",
    "normalised",
    "over_episodes",
    "over_steps",
    "sample",
    "train",
    "vanilla",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
