"""``batch=(k, g)`` means k groups of g episodes, whatever else is given, or is refused with what to do."""

import pytest

from gradcheck import InvalidArgument, check
from gradcheck.checking.options import read_options
from gradcheck.estimators import log_prob

QUICK = {"all_conditions": False, "counterexample": False}


def test_alone_they_ask_about_groups():
    result = check(log_prob, batch=(2, 2), **QUICK)
    assert result.by_condition == {"groups": "unbiased"}
    assert result.conditions == ("groups",)


@pytest.mark.parametrize(
    ("conditions", "asked"),
    [
        ("groups", ("groups",)),
        ("moved_parameters", ("groups + moved_parameters",)),
        (("discounted", "groups"), ("groups + discounted", "groups")),
        ("moved_parameters + micro_batches", ("groups + moved_parameters + micro_batches",)),
    ],
)
def test_a_condition_that_leaves_open_how_batches_are_collected_takes_them(conditions, asked):
    assert read_options({"batch": (2, 2), "conditions": conditions}).conditions == asked
    assert read_options({"batch": (2, 2), "collect": "groups"}).conditions == ("groups",)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"conditions": "complete_episodes"}, "conditions='complete_episodes'"),
        ({"conditions": ("groups", "fixed_steps")}, "conditions='fixed_steps'"),
        ({"collect": "steps"}, "collect='fixed_steps'"),
        ({"conditions": "fixed_steps + moved_parameters"}, "name groups . moved_parameters"),
    ],
)
def test_another_way_to_collect_is_refused_with_what_to_do(options, named):
    with pytest.raises(InvalidArgument, match=f"^Expected groups, of which batch=.*{named}.*"):
        check(log_prob, batch=(2, 2), **options)


def test_one_group_has_a_limit_of_its_own_which_is_named():
    def mean_of_the_group(policy, e):
        return log_prob(policy, e) * (1 + 0.1 * e.rewards.mean())

    note = check(mean_of_the_group, batch=(1, 3), **QUICK).notes["groups"]
    assert note == "As batches grow, the one group does; the limit of many groups is another."
    assert "one group" not in check(mean_of_the_group, batch=(2, 2), **QUICK).notes.get("groups", "")


def test_control_one_number_is_no_group():
    assert check(log_prob, batch=4, **QUICK).by_condition == {"complete_episodes": "unbiased"}
