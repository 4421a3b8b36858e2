"""Settings that every test shares."""

import pytest
from hypothesis import HealthCheck, settings

# Importing torch inside the first example takes seconds, and machines can be busy: how long an example takes says
# nothing about this code.
settings.register_profile("gradcheck", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gradcheck")


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
