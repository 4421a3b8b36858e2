"""How a level is cut into blocks, and how wide a sum may be, changes nothing: exactly, in rationals and residues."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import games as gallery
from gradcheck.strategies import games, policies
from gradcheck.tree.symbolic import modular
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values import passes
from gradcheck.tree.values import segment_sums as parts
from gradcheck.tree.values.evaluate_batch import evaluate_batch
from gradcheck.tree.values.evaluation import evaluate
from gradcheck.tree.values.policy_table import action_probabilities

wide = st.one_of(games(max_actions=12, max_outcomes=10, max_episodes=300), games())


@settings(max_examples=100)  # each is evaluated in five ways
@given(data=st.data(), block=st.integers(1, 5), width=st.integers(1, 3), merge=st.booleans())
def test_small_blocks_and_narrow_sums(data, block, width, merge):
    game = data.draw(wide)
    tree, cut = unroll(game, merge=merge), unroll(game, merge=merge)
    x = action_probabilities(tree, data.draw(policies(tree)))
    floats = x.astype(float)
    whole, rows = evaluate(tree, x), evaluate_batch(tree, [floats] * 3)
    point = modular.random_point(tree, 0)
    sides = modular.derivative_of_R(tree, point), modular.derivative_of_Y(tree, point)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "_BLOCK", block)
        patch.setattr(passes, "_COLUMN_BLOCK", block)
        patch.setattr(parts, "_MAX_WIDTH", width)
        found = evaluate(cut, x)
        assert list(found.partials) == list(whole.partials)
        assert list(found.node_reach) == list(whole.node_reach)
        assert found.expected_return == whole.expected_return
        assert (modular.derivative_of_R(cut, point), modular.derivative_of_Y(cut, point)) == sides
        again = evaluate_batch(cut, [floats] * 3)
    scale = 1 + np.abs(tree.reward).max()
    tolerance = 8 * (tree.num_edges + 1) * len(tree.node_levels) * 2.0**-53 * scale  # a few roundings for each edge
    assert np.abs(again.partials - rows.partials).max() <= tolerance


def test_owners_of_many_items():
    rng = np.random.default_rng(0)
    for sizes in ([40] * 3, [1, 7, 8, 40, 2], [100]):
        starts = np.cumsum(sizes) - sizes
        of = parts.Segments.consecutive(starts, sum(sizes))
        items = rng.random((sum(sizes), 3))
        expected = np.add.reduceat(items, starts, axis=0)
        rounding = 100 * 100 * 2.0**-53  # of at most 100 additions to at most 100
        assert np.abs(of.total(items) - expected).max() <= rounding
        assert np.abs(of.total(np.ascontiguousarray(items[:, 0])) - expected[:, 0]).max() <= rounding
        residues = rng.integers(modular.PRIME, size=sum(sizes), dtype=np.uint64)
        total = [int(v) % modular.PRIME for v in modular.total_of(of, residues)]
        ends = [*starts[1:], sum(sizes)]
        assert total == [sum(map(int, residues[a:b])) % modular.PRIME for a, b in zip(starts, ends, strict=True)]


def test_control_the_cut_is_made():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "_BLOCK", 1)
        tree = unroll(gallery.two_prompts())
        assert len(passes.plan_of(tree, None).blocks) == tree.num_nodes
