"""R and ∂R/∂x of every decision, on the full trees of known games: OpenSpiel's own walk, and the speed of memory."""

import numpy as np
import pyspiel
import pytest

from gradcheck import evaluate_batch, from_openspiel, unroll
from gradcheck.tree.values.compiled import compiled_passes, layout_of, scratch_of
from gradcheck.tree.values.evaluation import evaluate
from tests.benchmarks.side_by_side import milliseconds, side_by_side

pytestmark = pytest.mark.benchmark

GOALS = {"leduc_poker": (20, 100, None), "liars_dice": (40, 100, None), "tic_tac_toe": (40, 100, (12, 4))}


@pytest.fixture(scope="module", params=GOALS)
def known(request):
    name = request.param
    tree = full_tree(name)
    legal = tree.legal_actions.sum(axis=1)
    return name, tree, np.repeat(1 / legal, legal)


def full_tree(name):
    """Every history, all players' decisions those of one policy."""
    return unroll(from_openspiel(name, opponents="same"), merge=False)


def test_against_openspiel_and_a_copy(known, table):
    name, tree, x = known
    game = pyspiel.load_game(name)
    policy = pyspiel.UniformRandomPolicy(game)
    run, layout = compiled_passes(), layout_of(tree)
    scratch, partials = scratch_of(tree), np.empty(len(x))
    read_and_written = np.concatenate(
        [np.frombuffer(array.tobytes(), np.uint8) for array in (*layout[1:], x, *scratch, partials)]
    )
    copy = np.empty_like(read_and_written)

    def passes():
        found = evaluate(tree, x)
        return found.expected_return, found.partials

    def cpp():
        return pyspiel.expected_returns(game.new_initial_state(), policy, -1, True)

    def compiled():
        return run(layout, x, scratch, partials)

    assert passes()[0] == pytest.approx(cpp()[0], abs=1e-12)
    assert compiled() == pytest.approx(passes()[0], abs=1e-12)
    assert np.abs(partials - passes()[1]).max() < 1e-12

    theirs, numpy, numba, bytes_ = side_by_side(cpp, passes, compiled, lambda: np.copyto(copy, read_and_written))
    job = f"value and all partials of {name}, {tree.num_edges:,} edges"
    goal_numpy, goal_numba, limits = GOALS[name]
    table.faster(f"{job}, numpy", "OpenSpiel's C++ value", theirs / numpy, goal_numpy, milliseconds(numpy, theirs))
    table.faster(f"{job}, numba", "OpenSpiel's C++ value", theirs / numba, goal_numba, milliseconds(numba, theirs))
    if limits:
        size = f"{len(copy) / 1e6:.1f} MB"
        table.cost(f"{job}, numpy", f"a copy of its {size}", numpy / bytes_, limits[0], milliseconds(numpy, bytes_))
        table.cost(f"{job}, numba", f"a copy of its {size}", numba / bytes_, limits[1], milliseconds(numba, bytes_))


def test_many_policies_at_once(table):
    name = "leduc_poker"
    tree = full_tree(name)
    policies = np.random.default_rng(0).dirichlet(np.ones(3), size=(1000, len(tree.variables)))[..., 0]

    def one_by_one():
        for x in policies:
            found = evaluate(tree, x)
            _ = found.expected_return, found.partials

    singles, together, compiled = side_by_side(
        one_by_one,
        lambda: evaluate_batch(tree, policies),
        lambda: evaluate_batch(tree, policies, compiled=True),
        rounds=7,
    )
    job = f"1,000 policies on {name}"
    table.faster(f"{job}, numpy", "1,000 single evaluations", singles / together, 3, milliseconds(together, singles))
    table.faster(f"{job}, numba", "1,000 single evaluations", singles / compiled, 3, milliseconds(compiled, singles))
