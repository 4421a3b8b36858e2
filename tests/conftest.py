"""Settings that every test shares, and what the exhaustive run is."""

import pytest
from hypothesis import HealthCheck, settings

from tests.exhaustive import ALL_EXAMPLES, FIFTH

# Importing torch inside the first example takes seconds, and machines can be busy: how long an example takes says
# nothing about this code.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("gradcheck", max_examples=ALL_EXAMPLES // FIFTH, **COMMON)
settings.register_profile("exhaustive", max_examples=ALL_EXAMPLES, **COMMON)
settings.load_profile("gradcheck")  # `--hypothesis-profile=exhaustive` comes after it, and wins

LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """torch wakes all its threads even for the softmax of three numbers, and waits for them where a machine is busy."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def with_terms():
    """Build the sums of a game from other terms than its own: to see that wrong sums are found out.

    The terms that people read are multiplied out here, term by term; the product walks down its tree instead.
    """
    from gradcheck.tree.symbolic.identities import SumPolynomials
    from gradcheck.tree.symbolic.polynomial import collect
    from gradcheck.tree.symbolic.terms import product_of

    def build(sums, *, paths=None, rewards=None, surrogate=None):
        count = len(sums.tree.variables)
        values = {}
        if paths is not None:
            values["paths"] = paths
        if rewards is not None:
            values |= {"rewards": rewards, "R": collect((term.variables, term.coefficient) for term in rewards)}
        if surrogate is not None:
            multiplied = (
                (
                    (term.variable, *(count + v for v in (*term.reach_variables, *after.variables))),
                    product_of(term.reach_chances) * after.coefficient,
                )
                for term in surrogate
                for after in term.average
            )
            values |= {"surrogate": surrogate, "Y": collect(multiplied)}
        built = SumPolynomials(sums.tree)
        vars(built).update(values)  # what a cached property already holds is not worked out again
        return built

    return build


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With all examples, the tests that draw them belong to the exhaustive run."""
    if settings.default.max_examples == ALL_EXAMPLES:
        for item in items:
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                item.add_marker("exhaustive")


# pytest says how many tests `-m` leaves out, but not where several processes run them.


def pytest_deselected(items):
    for item in items:
        item.config.stash[LEFT_OUT] = item.config.stash.get(LEFT_OUT, 0) + 1


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)  # the same for all


def pytest_terminal_summary(terminalreporter, config):
    number = config.stash.get(LEFT_OUT, 0)
    if number:
        expression = config.option.markexpr
        terminalreporter.write_line(f"{number} tests left out by -m {expression!r}: see README.md, For contributors.")
