"""Scores and weights that say they depend on an episode alone are the same in whatever batch it comes."""

import pytest
import torch

from gradcheck.causes.catalogue import MISTAKES, right_averages, right_scores, right_weights
from gradcheck.causes.component import Form
from gradcheck.causes.parts import weigh
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.diagnosis.component_values import ComponentValues
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.subjects import Battery
from tests.exhaustive import the_first

CASES = [
    ("complete_episodes", "unequal_lengths", 2, "logits_and_value"),
    ("complete_episodes", "chance", 2, "categorical"),
    ("discounted", "unequal_lengths", 2, "logits"),
    ("moved_parameters", "unequal_lengths", 2, "logits_and_value"),
    ("fixed_steps", "unequal_lengths", 4, "logits_and_value"),
    ("illegal_actions", "illegal_action", 2, "logits"),
]
FORMS = [(mistake.name, form) for mistake in MISTAKES for form in mistake.forms]
RIGHT = [("right", form) for form in (*right_scores(frozenset()), *right_weights())]


def case_of(condition, probe, policy):
    cases = CONDITIONS[condition].cases(Battery(0, policy), read_options({}))
    return next(case for case in cases if case.name == probe)


def values_of(condition, probe, size, policy):
    case = case_of(condition, probe, policy)
    weighted = case.collector.batches(size, ordered=True)
    batches = [some[number] for one in weighted for some in one.alike(10**6) for number in range(len(some))]
    parameters = list(case.parameters.values())
    return case.policy, parameters, batches, ComponentValues(case.policy, parameters, weighted)


def jacobian(score, policy, parameters, batches):
    """[S, P] one backward pass for each step of each batch."""
    rows = []
    for batch in batches:
        for value in score(policy, batch):
            found = torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
            rows.append(torch.cat([one.flatten() for one in found]))
    return torch.stack(rows)


@pytest.mark.parametrize("case", the_first(3, CASES), ids=lambda case: "-".join(map(str, case)))
def test_scores_and_weights_are_those_of_every_batch(case):
    policy, parameters, batches, values = values_of(*case)
    for name, form in [*FORMS, *RIGHT]:
        if form.score is not None:
            expected = jacobian(form.score, policy, parameters, batches)
            torch.testing.assert_close(values.score(form), expected, rtol=1e-9, atol=1e-9, msg=name)
        if form.weights is not None:
            expected = torch.cat([weigh(form.weights, policy, batch).double() for batch in batches]).detach()
            torch.testing.assert_close(values.weights(form), expected, rtol=1e-9, atol=1e-9, equal_nan=True, msg=name)


def test_control_a_score_that_hides_what_it_depends_on_is_another():
    policy, parameters, batches, values = values_of(*CASES[0])
    hidden = Form(score=next(form.score for name, form in FORMS if name == "softmax_over_steps"))
    expected = jacobian(hidden.score, policy, parameters, batches)
    assert (values.score(hidden) - expected).abs().max() > 0.1


def test_a_hypothesis_has_the_expected_gradient_of_its_loss():
    from gradcheck.checking.diagnosis.hypothesis import composed
    from gradcheck.checking.diagnosis.mistake_table import MistakeTable, layout_of

    features = frozenset()
    policy, parameters, batches, _ = values_of("complete_episodes", "chance", 2, "logits")
    case = case_of("complete_episodes", "chance", "logits")
    weighted = case.collector.batches(2, ordered=True)
    chances = [p for one in weighted for some in one.alike(10**6) for p in some.batches.weights.tolist()]
    table = MistakeTable(policy, parameters, weighted, features)
    assert right_averages(features)
    for number in (0, 1, 2):
        layout, gradients = layout_of(features, number), table.rows(number)
        for row in range(0, len(gradients), max(len(gradients) // 40, 1)):
            loss = composed((*(part.form for part in layout.replacements(row)), *layout.right(row)))
            total = sum(p * loss(policy, batch) for p, batch in zip(chances, batches, strict=True))
            found = torch.autograd.grad(total, parameters, allow_unused=True, materialize_grads=True)
            expected = -torch.cat([one.flatten() for one in found])
            torch.testing.assert_close(gradients[row], expected, rtol=1e-9, atol=1e-9)
