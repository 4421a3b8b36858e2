"""What games and policies may have is in two probes of each condition, but for the few that are listed here."""

import pytest

from tests.check.coverage.features import cases_of, features_of, matrix, shown

#: In the default condition each of these is in two probes at least.
COMMON = (
    "recurring observation",
    "more than 3 steps",
    "4 actions or more",
    "reward 0",
    "tied rewards",
    "tied returns from one start",
    "large reward",
    "reward beyond clips",
    "reward of -5 or less",
    "fractional reward",
    "negative reward",
    "negative observation",
    "fractional observation",
    "observation beyond 1",
    "small probability",
    "several starts",
    "starts of unequal probability",
    "chance",
    "unequal lengths",
    "bias at padding",
    "shared parameters",
)
#: These are in two probes of all conditions together.
RARE = ("more than 5 steps", "tiny probability", "starts of unequal lengths", "illegal action after the start")
#: Of these a condition has one probe: the default condition has two.
IN_ONE = {
    "discounted": {"chance"},
    "groups": {"chance"},
    "micro_batches": {"chance"},
    "moved_parameters": {"recurring observation"},
    "illegal_actions": {"4 actions or more", "more than 3 steps", "recurring observation", "reward beyond clips"},
}
#: What it is about takes games of a kind, which lack these.
IN_NONE = {
    "illegal_actions": {
        "chance",
        "several starts",
        "small probability",
        "starts of unequal probability",
        "shared parameters",
        "tied returns from one start",
    },
}
INTERVALS = (
    "0 to 0.7",
    "0.7 to 0.72",
    "0.72 to 0.8",
    "0.8 to 0.83",
    "0.83 to 1",
    "1 to 1.2",
    "1.2 to 1.28",
    "1.28 to 1.3",
    "1.3 to 2",
    "2 to 3",
    "3 to 10",
    "10 to inf",
)


@pytest.fixture(scope="module")
def seen():
    return matrix()


def lacking(table, names, least):
    """Those of which all conditions together have fewer probes, or of which the default condition has."""
    return {name for name in names if sum(row[name] for row in table.values()) < least}


def test_two_probes_of_the_default_condition_have_each(seen):
    few = {name for name in COMMON if seen["complete_episodes"][name] < 2}
    assert not few, f"{few}\n{shown(seen)}"


def test_what_is_rare_is_in_two_probes_of_all(seen):
    assert not lacking(seen, (*COMMON, *RARE), 2), shown(seen)


def test_two_probes_of_each_condition_have_each_but_for_what_is_listed(seen):
    few = {
        condition: {name for name in COMMON if row[name] == 1 and condition != "complete_episodes"}
        for condition, row in seen.items()
    }
    assert {condition: names for condition, names in few.items() if names} == IN_ONE, shown(seen)
    none = {condition: {name for name in COMMON if not row[name]} for condition, row in seen.items()}
    assert {condition: names for condition, names in none.items() if names} == IN_NONE, shown(seen)


@pytest.mark.parametrize("sign", "+-")
def test_ratios_lie_in_every_interval_between_usual_clips(seen, sign):
    missing = {one for one in INTERVALS if not seen["moved_parameters"][f"ratio {one}, {sign}"]}
    assert not missing, f"{missing}\n{shown(seen)}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_seed_has_them_too(seed):
    found = [features_of(case) for case in cases_of("complete_episodes", seed=seed)]
    assert not {name for name in COMMON if sum(name in one for one in found) < 2}


def test_control_tidy_probes_alone_lack_most_of_it():
    tidy = [features_of(case) for case in cases_of("complete_episodes") if not case.rough]
    assert len({name for name in COMMON if not any(name in one for one in tidy)}) >= 12
