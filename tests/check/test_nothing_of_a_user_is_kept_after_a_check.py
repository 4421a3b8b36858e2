"""What is worked out for a game and a policy of one's own goes when the check is over: networks can be large."""

import gc
import weakref

from gradcheck import TabularPolicy, check, games
from gradcheck.checking.case import kept_with_case
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.options import read_options
from gradcheck.checking.probes.subjects import Battery, Given
from gradcheck.estimators import log_prob, over_steps
from gradcheck.tree.unroll import unroll


def token_mean(policy, episodes):
    return log_prob(policy, episodes, average=over_steps)


def test_the_policy_is_freed():
    game = games.stop_go()
    policy = TabularPolicy(game)
    result = check(token_mean, game, policy, batch=2, counterexample=False)
    assert not result
    seen = weakref.ref(policy)
    del policy, game
    gc.collect()
    assert seen() is None


def counted():
    calls = []

    @kept_with_case(maxsize=2)
    def answer(case, number):
        calls.append((case.name, number))
        return number

    return answer, calls


def test_answers_about_the_battery_are_kept_for_later_checks():
    answer, calls = counted()
    for _ in range(2):
        (case, *_) = CONDITIONS["complete_episodes"].cases(Battery(0, "logits"), read_options({}))
        assert answer(case, 7) == 7
    assert calls == [("three_arms", 7)]


def test_control_answers_about_a_game_of_ones_own_are_kept_with_its_case():
    answer, calls = counted()
    for _ in range(2):
        tree = unroll(games.stop_go())
        (case, *_) = CONDITIONS["complete_episodes"].cases(Given(tree, TabularPolicy(tree), None, 0), read_options({}))
        assert answer(case, 7) == answer(case, 7) == 7
    assert calls == [("the game", 7)] * 2
