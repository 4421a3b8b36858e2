"""Every loss of the corpus, checked once for all tests."""

from functools import cache

import pytest

from gradcheck import check


@pytest.fixture(scope="session")
def checked():
    """Case → the result of ``check``; the search for counterexamples has tests of its own."""

    @cache
    def of(case):
        return check(case.loss, counterexample=False, all_conditions=False, **case.options)

    return of
