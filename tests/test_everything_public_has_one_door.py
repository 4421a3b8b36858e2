"""Every public name can be imported from ``gradcheck``; what is listed exists, and what exists is listed."""

import pytest

import gradcheck
from gradcheck import estimators

#: The names that code outside this project relies upon.
PROMISED = {
    "CheckResult",
    "Episodes",
    "Game",
    "GradcheckError",
    "InvalidArgument",
    "SymbolicSums",
    "TabularGame",
    "TabularPolicy",
    "assert_consistent",
    "assert_proportional",
    "assert_unbiased",
    "check",
    "estimators",
    "expected_return",
    "games",
    "partials",
    "policy_gradient",
    "sample",
    "strategies",
    "symbolic_sums",
}


@pytest.mark.parametrize("package", [gradcheck, estimators], ids=lambda package: package.__name__)
def test_every_listed_name_can_be_imported(package):
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert package.__all__ == sorted(package.__all__)
    assert dir(package) == sorted(package.__all__)


@pytest.mark.parametrize("package", [gradcheck, estimators], ids=lambda package: package.__name__)
def test_the_list_is_where_the_names_come_from(package):
    modules = {"estimators", "games", "objectives", "strategies"} if package is gradcheck else set()
    assert set(package.__all__) == set(package._HOME) | modules


def test_what_is_promised_is_listed():
    assert set(gradcheck.__all__) >= PROMISED
    assert {"log_prob", "inverse_prob"} <= set(estimators.__all__)


@pytest.mark.parametrize("package", [gradcheck, estimators], ids=lambda package: package.__name__)
def test_control_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'nonsense'"):
        package.nonsense  # noqa: B018 - looking it up is the test


def test_every_public_name_has_a_docstring():
    for name in gradcheck.__all__:
        assert (getattr(gradcheck, name).__doc__ or "").strip(), name
