"""``check`` builds one case for each game of each condition, and validates its policy there, once."""

import gradcheck.checking.case
from gradcheck import check
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.estimators import log_prob, over_steps

SETTINGS = (
    23  # 9 games under complete_episodes; and small ones, 2 discounted, 2 fixed_steps, 1 groups, 6 moved, 2 and 1
)


def token_mean(policy, episodes):
    return log_prob(policy, episodes, average=over_steps)


def test_it_is_as_many_as_there_are_settings(monkeypatch):
    validated = []
    validate = gradcheck.checking.case.parameters_of

    def counted(policy, tree):
        validated.append(policy)
        return validate(policy, tree)

    monkeypatch.setattr(gradcheck.checking.case, "parameters_of", counted)
    result = check(token_mean, counterexample=False)  # the search for one plays games of its own
    assert result.findings[0].cause == "token_mean"  # it is diagnosed on the same cases
    assert len(validated) == SETTINGS


def test_control_the_settings_are_the_probes_of_all_conditions():
    tried = [
        probe
        for condition in CONDITIONS.values()
        for probe in condition.probes
        if condition.goes_without_saying or not probe.rough or (condition.moves_parameters and probe.moved)
    ]
    assert sum(not probe.shared_trunk for probe in tried) == SETTINGS  # these policies have no critic
