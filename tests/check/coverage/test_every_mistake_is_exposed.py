"""Each known mistake has another expected gradient than the true one on some probe of every condition it is about."""

import pytest

from gradcheck.causes.catalogue import right_averages, right_scores, right_weights
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.diagnosis.diagnose import features_of
from gradcheck.checking.diagnosis.hypothesis import composed, parts_asked
from gradcheck.checking.expectation.expected_gradient import ExpectedGradient
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.verdict import Verdict
from gradcheck.estimators.threads import one_thread
from gradcheck.tree.errors import InvalidArgument
from tests.check.coverage.features import cases_of
from tests.exhaustive import one_of_each

MOST = 5_000
#: Where the parameters are those that sampled, the gradient of this term is zero.
NO_MISTAKE_ON_POLICY = "kl_to_old"
#: It takes a critic on the actor's layers, which no game with illegal actions has.
NEEDS_A_SHARED_TRUNK = "value_loss_reaches_policy"
#: What these compare a loss with is the loss itself on other batches: a mistake that is the same on all is none.
JUDGED = [name for name in CONDITIONS if not CONDITIONS[name].compares_with_itself]


def size_of(condition):
    return 4 if condition in ("groups", "fixed_steps") else 3


def asked(condition):
    """[(condition, part)] of all that is asked about under the features of the condition's probes."""
    features = frozenset.union(*(features_of(case) for case in cases_of(condition, policy="logits_and_value")))
    parts = (*parts_asked(features), *parts_asked(features, terms=True))
    first = {}
    for part in parts:
        first.setdefault(part.name, []).append(part)
    return [(condition, parts) for parts in first.values()]


def name(parameter):
    condition, parts = parameter
    return f"{condition}: {parts[0].name}"


def loss_of(part, features):
    if part.form.loss is not None:
        return part.form.loss
    return composed((part.form, right_scores(features)[0], right_weights()[0], right_averages(features)[0]))


def shows(loss, case, size, *, alone):
    """Whether its gradient is not the true one; of a term that stands alone, whether it is not zero."""
    expected = ExpectedGradient(loss, case, size=size, max_batches=MOST, sequences=False)
    try:
        if alone:
            return float(expected.at(size).mean.norm()) > 1e-9
        return expected.compare(size).verdict is not Verdict.UNBIASED
    except (LossFailed, InvalidArgument):  # not a number there
        return False


@one_thread()
def exposed(condition, parts):
    """Whether some form shows on some probe."""
    cases = cases_of(condition, policy="logits_and_value")
    terms = {part.name for part in parts_asked(features_of(cases[0]), terms=True)}
    return any(
        shows(loss_of(part, features_of(case)), case, size_of(condition), alone=part.name in terms)
        for case in cases
        for part in parts
    )


PARAMETERS = [
    (condition, parts)
    for condition in JUDGED
    for condition, parts in asked(condition)
    if parts[0].name != NO_MISTAKE_ON_POLICY or condition == "moved_parameters"
    if parts[0].name != NEEDS_A_SHARED_TRUNK or condition != "illegal_actions"
]


@pytest.mark.parametrize("parameter", one_of_each(PARAMETERS, lambda one: (one[0], one[1][0].form.takes)), ids=name)
def test_it_shows_on_a_probe(parameter):
    assert exposed(*parameter)


def test_there_are_many():
    assert len(PARAMETERS) >= 300
    assert {condition for condition, _ in PARAMETERS} == set(JUDGED)


def test_control_what_is_right_shows_on_none():
    for condition in JUDGED:
        for case in cases_of(condition):
            features = features_of(case)
            right = composed((right_scores(features)[0], right_weights()[0], right_averages(features)[0]))
            if condition in ("complete_episodes", "groups"):
                assert not shows(right, case, size_of(condition), alone=False)
