"""Every small change of the code of a right loss is rejected, unless brute force proves that it changes nothing."""

from functools import cache

import pytest
from torch import Tensor

from gradcheck import check
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.subjects import Battery
from gradcheck.estimators.threads import one_thread
from tests.check import brute_force
from tests.check.coverage.equivalent_mutants import EQUIVALENT
from tests.check.random_losses.mutants import mutants_of
from tests.check.random_losses.reference_losses import REFERENCES
from tests.check.random_losses.verdicts import verdict_and_scale
from tests.exhaustive import exhaustive, one_of_each

BATCH = 3
CONDITION = "complete_episodes"
MUTANTS = [mutant for reference in REFERENCES for mutant in mutants_of(reference)]


def place(mutant):
    """The function and the line of a mutant."""
    return mutant.name.partition(":")[0]


@cache
def settings():
    """The games and policies of the battery, and which are rough; only these come from what is tested, no batches."""
    made = CONDITIONS[CONDITION].cases(Battery(0, "logits"), read_options({}))
    return tuple(
        (brute_force.Setting(case.name, CONDITION, case.tree.game, case.policy, case.policy), case.rough)
        for case in made
    )


def is_no_loss(loss, setting):
    """Whether it gives anything but a scalar, or one that never depends on the parameters."""
    batches = brute_force.batches_of(setting, BATCH)
    values = [loss(setting.policy, episodes) for _, episodes in batches[::7]]
    scalars = all(isinstance(value, Tensor) and value.numel() == 1 for value in values)
    return not scalars or not any(value.requires_grad for value in values)


@cache
@one_thread()
def by_brute_force(mutant, *, to_the_end=False):
    """unbiased, proportional, wrong or refused; what is wrong somewhere may be refused on later probes."""
    loss, worst = mutant.compiled(), "unbiased"
    for setting, rough in settings():
        here = relation(loss, setting)
        if here == "refused" and rough:
            continue  # it is left out, and the page says so
        if here == "refused":
            return "refused"
        worst = max(worst, here, key=brute_force.ORDER.index)
        if worst == "biased" and not to_the_end:
            return "wrong"
    return "wrong" if worst == "biased" else worst


def relation(loss, setting):
    """How its expected gradient stands to the true one in one setting, or "refused"."""
    try:
        if is_no_loss(loss, setting):
            return "refused"
        g = brute_force.expected_gradient(loss, setting, BATCH)
        if not g.isfinite().all():
            return "refused"
        return brute_force.relation(g, brute_force.true_gradient(setting))[0]
    except Exception:  # whatever a mutant may raise
        return "refused"


def by_check(loss):
    """The verdict, or "refused"."""
    try:
        return verdict_and_scale(loss, batch=BATCH)[0]
    except Exception:  # InvalidArgument, or what the mutant itself raises
        return "refused"


def agrees(verdict, mutant):
    """Whether a verdict is the right one on a mutant.

    One that is wrong may leave open whether large batches mend it: then it is inconclusive, which does not pass.
    """
    truth = by_brute_force(mutant)
    if truth == "wrong" and verdict == "refused":
        truth = by_brute_force(mutant, to_the_end=True)
    return verdict in ("biased", "consistent", "inconclusive") if truth == "wrong" else verdict == truth


@pytest.mark.parametrize("mutant", one_of_each(MUTANTS, place), ids=str)
def test_the_verdict_on_a_mutant_is_that_of_brute_force(mutant):
    assert agrees(by_check(mutant.compiled()), mutant)


@pytest.mark.parametrize("mutant", MUTANTS[::32], ids=str)
def test_the_door_says_so_too(mutant):
    try:
        verdict = check(mutant.compiled(), batch=BATCH, counterexample=False, all_conditions=False).verdict
    except Exception:  # as above
        verdict = "refused"
    assert agrees(verdict, mutant)


@exhaustive
def test_mutants_are_many_and_hardly_any_is_unbiased():
    unbiased = {mutant.name for mutant in MUTANTS if by_brute_force(mutant) == "unbiased"}
    judged = [mutant for mutant in MUTANTS if by_brute_force(mutant) != "refused"]
    assert len(MUTANTS) == len({mutant.name for mutant in MUTANTS}) >= 60
    assert len(judged) >= 60
    assert len(unbiased) <= 0.2 * len(MUTANTS)
    here = {mutant.name for mutant in MUTANTS}
    assert unbiased == {name for name in EQUIVALENT if name in here}


@pytest.mark.parametrize("reference", one_of_each(REFERENCES, type), ids=lambda reference: reference.__name__)
def test_control_the_references_are_unbiased_and_do_not_agree_with_their_wrong_mutants(reference):
    verdict = by_check(reference)
    assert verdict == "unbiased"
    wrong = [mutant for mutant in mutants_of(reference) if by_brute_force(mutant) in ("wrong", "proportional")]
    assert len(wrong) >= 20
    assert not any(agrees(verdict, mutant) for mutant in wrong)
