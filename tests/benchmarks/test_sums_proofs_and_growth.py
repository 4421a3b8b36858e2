"""Random trees of 1,000 to 6,000,000 ends: sums multiplied out, rationals, the proof modulo a prime, and growth."""

import random
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from gradcheck import unroll
from gradcheck.tree.rationals import object_array
from gradcheck.tree.symbolic import modular
from gradcheck.tree.symbolic.identities import SumPolynomials
from gradcheck.tree.values.arithmetic import FRACTIONS, fastest
from gradcheck.tree.values.evaluation import evaluate
from tests.benchmarks.random_tree import RandomTree
from tests.benchmarks.side_by_side import milliseconds, side_by_side

pytestmark = pytest.mark.benchmark

ALONE = """
import resource, sys
from pathlib import Path
sys.path.insert(0, str(Path.cwd()))
import gradcheck
from tests.benchmarks.test_sums_proofs_and_growth import multiplied_out, tree_of
before, seconds = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, multiplied_out(tree_of(100_000))
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


def tree_of(ends):
    return unroll(RandomTree(ends))


def uniform(tree):
    legal = tree.legal_actions.sum(axis=1)
    return np.repeat(1 / legal, legal)


def values(tree, x, **options):
    found = evaluate(tree, x, **options)
    return found.expected_return, found.partials


def multiplied_out(tree):
    """Seconds for R, Y, all partials of both, and the proof that they are the same."""
    began = time.perf_counter()
    sums = SumPolynomials(tree)
    assert sums.R
    assert sums.Y
    assert sums.identity.holds
    assert sums.identity.error_probability == 0
    return time.perf_counter() - began


def test_sums_multiplied_out(table):
    small = tree_of(1_000)
    (seconds,) = side_by_side(lambda: multiplied_out(small), rounds=9)
    table.cost("R, Y, their partials and the proof, 1,000 ends", "a clock", 1e3 * seconds, 40, "", " ms")
    root = Path(__file__).parents[2]
    shown = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, cwd=root).stdout
    seconds, gibibytes = map(float, shown.split())
    table.cost("R, Y, their partials and the proof, 100,000 ends", "a clock", seconds, 10, "", " s")
    table.cost("the same, with the interpreter and torch", "its memory at most", gibibytes, 1.5, "", " GiB")


def test_rationals(table):
    tree = tree_of(100_000)
    rng = random.Random(0)
    x = []
    for width in tree.legal_actions.sum(axis=1).tolist():
        parts = [rng.randint(1, 30) for _ in range(width)]
        x += [Fraction(part, sum(parts)) for part in parts]
    x = object_array(x)
    assert fastest().name == "flint"
    flint, plain = side_by_side(lambda: values(tree, x), lambda: values(tree, x, arithmetic=FRACTIONS), rounds=5)
    job = "value and all partials in rationals, 100,000 ends"
    table.cost(job, "a clock", flint, 0.35, "with python-flint", " s")
    table.faster(job, "the same with Fractions", plain / flint, 2, f"{flint:.2f} s, {plain:.2f} s")


def test_the_proof_modulo_a_prime(table):
    tree = tree_of(1_000_000)
    x = uniform(tree)
    floats, proof = side_by_side(lambda: values(tree, x), lambda: modular.identity_holds(tree), rounds=7)
    table.cost(
        "∂Y = ∂R modulo a prime, 1,000,000 ends", "floats on this tree", proof / floats, 20, milliseconds(proof, floats)
    )


def test_growth(table):
    per_edge = {}
    for ends in (6_000, 60_000, 600_000, 6_000_000):
        tree = tree_of(ends)
        x = uniform(tree)
        (seconds,) = side_by_side(partial(values, tree, x), rounds=7)
        per_edge[tree.num_edges] = 1e9 * seconds / tree.num_edges
    smallest, *_, largest = per_edge.values()
    shown = ", ".join(f"{edges:.0e}: {ns:.1f} ns" for edges, ns in per_edge.items())
    table.cost("time per edge at 10^7 edges", "at 10^4 edges", largest / smallest, 2, shown)
