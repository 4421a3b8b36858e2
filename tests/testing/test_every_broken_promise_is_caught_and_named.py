"""``conformance`` passes a game that keeps its promises, and names the promise that one changed answer breaks."""

import itertools
import pickle
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest

from gradcheck import InvalidArgument, TabularGame, unroll
from gradcheck.testing import PROMISES, ConformanceError, conformance


class Rules:
    """From "a" to "b" or out, and out from "b". Each test changes one answer."""

    num_actions, horizon, discount = 2, None, 1

    def starts(self):
        return [("1/2", "a"), (0.5, "b")]

    def legal_actions(self, state):
        return [0, 1]

    def step(self, state, action):
        return [(Fraction(1, 3), "b", 1, state == "b"), (Fraction(2, 3), "end", Decimal("0.5"), True)]

    def observe(self, state):
        return (0, 1) if state == "a" else (1, 1)


def changed(**answers):
    """The rules with other answers: a function of (game, *question), or the same answer to every question."""
    methods = ("starts", "legal_actions", "step", "observe")
    given = {
        name: (lambda self, *_, answer=answer: answer) if name in methods and not callable(answer) else answer
        for name, answer in answers.items()
    }
    return type("Changed", (Rules,), given)()


def without(name):
    """A game that lacks one of the methods."""
    return type("Half", (), {key: value for key, value in vars(Rules).items() if key != name})()


def one_after_the_other(*answers):
    """Each question gets the next of the answers."""
    every = itertools.cycle(answers)
    return lambda self, *_: next(every)


def after(number, answer, *, then):
    """The answer to so many questions, then another for ever."""
    count = itertools.count()
    return lambda self, *_: answer if next(count) < number else then


@dataclass(eq=False)
class Mutable:
    """A state that a step changes; equal by its text, hashed by its number."""

    steps: int = 0

    def __eq__(self, other):
        return isinstance(other, Mutable)

    def __hash__(self):
        return self.steps


def change_the_state(game, state, action):
    state.steps += 1
    return [(1, "end", 0, True)]


@dataclass(frozen=True)
class Vague:
    """Two of these are equal, whatever they hold."""

    held: int

    def __eq__(self, other):
        return isinstance(other, Vague)

    def __hash__(self):
        return 0


class Remembers(Rules):
    """Like an environment with a current state: what it says depends on what it was asked before."""

    horizon = 3

    def __init__(self):
        self.current = "a"

    def step(self, state, action):
        self.current = "b"
        return super().step(state, action)

    def observe(self, state):
        return super().observe(self.current)


def out(*rows):
    """These outcomes, each an end."""
    return [(chance, "end", reward, True) for chance, reward in rows]


BROKEN = {
    "protocol": [
        lambda: Rules,
        lambda: "robot",
        lambda: without("step"),
        lambda: without("discount"),
        lambda: changed(num_actions=0),
        lambda: changed(num_actions=True),
        lambda: changed(horizon=0),
        lambda: changed(horizon="3"),
        lambda: changed(discount="3/2"),
    ],
    "starts": [
        lambda: changed(starts=[]),
        lambda: changed(starts=[("1/2", "a"), ("1/3", "b")]),
        lambda: changed(starts=[(1, ["a"])]),
        lambda: changed(starts=["a"]),
        lambda: changed(starts=one_after_the_other(iter([(1, "a")]), ())),
    ],
    "actions": [
        lambda: changed(legal_actions=[]),
        lambda: changed(legal_actions=[0, 2]),
        lambda: changed(legal_actions=[-1, 0]),
        lambda: changed(legal_actions=[1, 0]),
        lambda: changed(legal_actions=[0, 0]),
        lambda: changed(legal_actions="01"),
        lambda: changed(legal_actions=2),
        lambda: changed(legal_actions=lambda game, state: [0] if state == "a" else []),
    ],
    "observations": [
        lambda: changed(observe=["a"]),
        lambda: changed(observe=(0, float("nan"))),
        lambda: changed(observe=lambda game, state: state if state == "a" else {state: 1}),
    ],
    "same_actions": [
        lambda: changed(observe="dark", legal_actions=lambda game, state: [0] if state == "a" else [0, 1]),
    ],
    "outcomes": [
        lambda: changed(step=[]),
        lambda: changed(step=out(("1/2", 1), ("1/3", 0))),
        lambda: changed(step=out((0.5, 1), (0.5 + 1e-9, 0))),
        lambda: changed(step=out((2, 1), (-1, 0))),
        lambda: changed(step=out((1, float("inf")))),
        lambda: changed(step=out((1, float("nan")))),
        lambda: changed(step=out((1, "much"))),
        lambda: changed(step=[(1, "end", 0)]),
        lambda: changed(step=[(1, "end", 0, "yes")]),
        lambda: changed(step=[(1, ["end"], 0, True)]),
        lambda: changed(step=lambda game, state, action: out((1, 0)) if state == "a" else out((0, 0))),
    ],
    "same_answers": [
        Remembers,
        lambda: changed(step=one_after_the_other(*[out((1, reward)) for reward in range(7)])),
        lambda: changed(step=after(7, out((1, 0)), then=out((1, "1/1000000")))),
        lambda: changed(step=after(7, out((0.5, 0), (0.5, 1)), then=out((0.5 + 1e-16, 0), (0.5 - 1e-16, 1)))),
        lambda: changed(step=after(7, out((1, 0)), then=out((1, 0), (0, 1)))),
        lambda: changed(legal_actions=after(3, [0, 1], then=[0])),
        lambda: changed(observe=one_after_the_other(*range(5))),
        lambda: changed(starts=one_after_the_other([(1, "a")], [(1, "b")])),
        lambda: changed(starts=after(1, [("1/2", "a"), ("1/2", "b")], then=[("1/3", "a"), ("2/3", "b")])),
        lambda: changed(horizon=property(after(2, 3, then=4))),
        lambda: changed(  # equal states, unequal answers
            starts=[("1/2", Vague(0)), ("1/2", "a")],
            step=lambda game, state, action: [(1, Vague(1), 0, isinstance(state, Vague))],
            observe=lambda game, state: str(state),
        ),
        lambda: changed(  # states that do not equal themselves when they are made again
            step=lambda game, state, action: [(1, object(), 0, state != "a")], observe=lambda game, state: str(state)
        ),
    ],
    "states": [lambda: changed(starts=[(1, Mutable())], observe="here", step=change_the_state)],
    "end": [
        lambda: changed(step=[(1, "a", 0, False)]),
        lambda: changed(step=lambda game, state, action: [(1, "b" if state == "a" else "a", 0, False)]),
    ],
}
GAMES = [pytest.param(name, make, id=f"{name}-{i}") for name, every in BROKEN.items() for i, make in enumerate(every)]


def test_the_rules_keep_every_promise():
    assert conformance(Rules()) is None


def test_every_promise_is_broken_by_some_game():
    assert set(BROKEN) == set(PROMISES)


@pytest.mark.parametrize(("promise", "make"), GAMES)
def test_the_broken_promise_is_named(promise, make):
    with pytest.raises(ConformanceError) as failure:
        conformance(make())
    assert failure.value.promise == promise
    assert str(failure.value).startswith(f"{PROMISES[promise]} This game breaks the promise ({promise}). ")
    assert "\n" not in str(failure.value)
    assert failure.value.detail in str(failure.value)


GOOD = {
    "other numbers": lambda: changed(step=out((0.5, 0.1), ("1/4", -3), (Fraction(1, 4), Decimal("0.3")))),
    "a zero": lambda: changed(step=out((0, 1), (1, 0))),
    "outcomes in any order": lambda: changed(
        step=one_after_the_other(out((0.5, 0), (0.5, 1)), out((0.5, 1), (0.5, 0)), out((0.5, 1), (0.5, 0)))
    ),
    "lists that are read once": lambda: changed(
        starts=lambda game: iter([(1, "a")]),
        legal_actions=lambda game, state: iter([0, 1]),
        step=lambda game, state, action: iter(out((1, 0))),
    ),
    "a cycle with a horizon": lambda: changed(horizon=5, step=[(1, "a", 0, False)]),
    "two ways to one state": lambda: changed(
        step=lambda game, state, action: [(1, "b" if state == "a" and action else "c", 0, state == "c")]
    ),
    "what lies beyond the horizon": lambda: changed(
        horizon=2,
        starts=[(1, 0)],
        step=lambda game, state, action: [(1, state + 1, 0, False)],
        observe=lambda game, state: state if state < 2 else [],
    ),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD)
def test_what_the_protocol_allows_passes(make):
    conformance(make())


def test_an_answer_beyond_the_last_question_is_not_examined():
    # One more step, and the bad observation of the last game above is met.
    with pytest.raises(ConformanceError, match=r"\(observations\).*observe\(2\)"):
        conformance(changed(**vars(type(GOOD["what lies beyond the horizon"]())) | {"horizon": 3}))


def test_a_tree_stands_for_its_game():
    conformance(unroll(Rules()))
    conformance(unroll(TabularGame({"s": {0: [(1, "s", 1, False)]}}, "s", 4)))


def test_a_game_that_is_too_large_is_not_examined_in_part():
    counting = {"starts": [(1, 0)], "step": lambda game, state, action: [(1, state + 1, 0, False)]}
    for horizon, hint in ((None, "It has no horizon"), (1001, "Raise the limit")):
        game = changed(horizon=horizon, observe=lambda game, state: state, **counting)
        with pytest.raises(InvalidArgument, match=hint):
            conformance(game, max_states=1000)
    conformance(changed(horizon=1000, observe=lambda game, state: state, **counting), max_states=1000)


def test_more_repeats_find_what_changes_late():
    # Two states with two actions: four questions a round.
    late = lambda: changed(step=after(13, out((1, 0)), then=out((1, 1))))  # noqa: E731
    conformance(late())
    with pytest.raises(ConformanceError):
        conformance(late(), repeats=4)


@pytest.mark.parametrize("options", [{"repeats": 1}, {"repeats": 2.0}, {"max_states": 0}, {"max_states": True}])
def test_bad_options_are_refused(options):
    with pytest.raises(InvalidArgument, match="Expected a whole number"):
        conformance(Rules(), **options)


def test_errors_of_the_game_stay_what_they_are():
    def step(game, state, action):
        raise KeyError(state)

    with pytest.raises(KeyError, match="'a'"):
        conformance(changed(step=step))


def test_the_error_is_an_assertion_and_survives_pickling():
    with pytest.raises(AssertionError) as failure:
        conformance(changed(step=[]))
    again = pickle.loads(pickle.dumps(failure.value))
    assert (str(again), again.promise, again.detail) == (
        str(failure.value),
        failure.value.promise,
        failure.value.detail,
    )
