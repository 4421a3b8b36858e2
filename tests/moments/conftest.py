"""Every estimate by brute force, episode by episode; and games to compare it in."""

import numpy as np
import pytest
from hypothesis import strategies as st

from gradcheck import strategies
from gradcheck.tree.unroll import unroll
from gradcheck.tree.unrolling.paths import paths
from gradcheck.tree.values.policy_table import action_probabilities

ESTIMATORS = {
    "reward-to-go": {"estimator": "reward_to_go", "from_the_start": True},
    "reward-to-go, each step from itself": {"estimator": "reward_to_go", "from_the_start": False},
    "total return": {"estimator": "total_return", "from_the_start": True},
}


@pytest.fixture(scope="session", params=ESTIMATORS)
def estimator(request):
    """The arguments that say which estimator."""
    return ESTIMATORS[request.param]


class Estimates:
    """Every episode's probability, its estimate, the squares of its steps, and the sizes of what these are made of."""

    def __init__(self, tree, x, scores, *, estimator, from_the_start, baseline=0):
        baseline = np.broadcast_to(np.asarray(baseline, dtype=float), len(tree.observations))
        discount = float(tree.game.discount)
        rows = []
        for path in paths(tree):
            probability = float(path.chance) * float(np.prod(x[list(path.variables)]))
            if not probability:
                continue
            estimate = size = squares = np.zeros(scores.shape[1])
            returns = [float(value) for value in path.future_returns]
            for time, (variable, edge) in enumerate(zip(path.variables, path.edges, strict=True)):
                b = baseline[tree.node_infoset[tree.edge_node[edge]]]
                scale = discount**time if from_the_start and estimator == "reward_to_go" else 1.0
                gain = returns[time if estimator == "reward_to_go" else 0]
                step = scores[variable] * scale * (gain - b)
                estimate, squares = estimate + step, squares + step**2
                size = size + abs(scores[variable]) * (sum(abs(float(r)) for r in path.rewards) + abs(b))
            rows.append((probability, estimate, squares, size))
        self.probabilities, self.estimates, self.squares, self.sizes = map(np.array, zip(*rows, strict=True))

    @property
    def mean(self):
        return self.probabilities @ self.estimates

    @property
    def covariance(self):
        away = self.estimates - self.mean
        return away.T @ (self.probabilities[:, None] * away)

    @property
    def variance_without_pairs(self):
        """What it would be if different steps were uncorrelated."""
        return self.probabilities @ self.squares - self.mean**2

    @property
    def mean_tolerance(self):
        """A few thousand roundings of the largest numbers that either computation adds up."""
        return 1e-12 * float((self.probabilities @ self.sizes).max())

    @property
    def tolerance(self):
        """The same for their squares."""
        return 1e-12 * float((self.probabilities @ self.sizes**2).max())


@pytest.fixture(scope="session")
def brute_force():
    return Estimates


@pytest.fixture(scope="session")
def softmax_scores():
    """[V, V] the scores of a table of logits, written out."""

    def scores(tree, x):
        infoset = np.nonzero(tree.legal_actions)[0]
        return np.eye(len(x)) - (infoset[:, None] == infoset) * x

    return scores


@st.composite
def settings_of(draw, *, positive=False, max_episodes=100):
    """A game's graph or tree, a policy, a baseline for each observation, and scores of its own or None for logits."""
    game = draw(strategies.games(max_horizon=4, max_episodes=max_episodes))
    tree = unroll(game, merge=draw(st.sampled_from([None, False])))
    x = action_probabilities(tree, draw(strategies.policies(tree, positive=positive))).astype(float)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    baseline = rng.normal(size=len(tree.observations)) * 10 * draw(st.integers(0, 1))
    width = draw(st.sampled_from([None, 1, 2, len(x) + 2]))
    return tree, x, baseline, None if width is None else rng.normal(size=(len(x), width))


@pytest.fixture(scope="session")
def drawn_settings():
    return settings_of
