"""Rules are checked as they answer, as a table is at the door: one clear error, and nothing computed from nonsense."""

from fractions import Fraction

import pytest

from gradcheck import InvalidArgument, TabularPolicy, expected_return, sample, symbolic_sums
from gradcheck.tree.unroll import unroll

POLICY = {"a": ("1/2", "1/2"), "b": ("1/2", "1/2")}


class Rules:
    """Two steps: from "a" to "b", and out. Each test spoils one answer."""

    num_actions = 2
    horizon = None
    discount = 1

    def starts(self):
        return [(1, "a")]

    def legal_actions(self, state):
        return [0, 1]

    def step(self, state, action):
        return [("1/3", "b", 1, state == "b"), (Fraction(2, 3), "b", "1/2", state == "b")]

    def observe(self, state):
        return state


def spoiled(**answers):
    return type("Spoiled", (Rules,), answers)()


def test_good_rules_are_read_as_tables_are():
    assert expected_return(Rules(), POLICY) == Fraction(4, 3)


BAD = {
    "num_actions": [0, True, "2"],
    "horizon": [0, -1, 2.5],
    "discount": [2, "half"],
    "starts": [[], [("1/2", "a")], [("a",)], [(1, ["a"])], [(2, "a"), (-1, "b")]],
    "legal_actions": [[], [2], [-1], ["left"], 1, "01"],
    "step": [[], [(1, "b", 1)], [("1/2", "b", 1, True)], [(1, "b", "much", True)], [(1, ["b"], 1, True)]],
    "observe": [["a"], float("nan")],
}


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name, answers in BAD.items() for answer in answers])
def test_a_bad_answer_is_named(name, answer):
    method = name in {"starts", "legal_actions", "step", "observe"}
    game = spoiled(**{name: (lambda self, *_: answer) if method else answer})
    with pytest.raises(InvalidArgument, match=rf"Expected .* but got .*{name}"):
        expected_return(game, POLICY)


def test_states_that_look_the_same_must_allow_the_same():
    actions = {"a": [0], "b": [0, 1]}
    game = spoiled(observe=lambda self, state: "dark", legal_actions=lambda self, state: actions[state])
    with pytest.raises(InvalidArgument, match="equal legal actions where observations are equal"):
        expected_return(game, {"dark": (1, 0)})


def test_a_game_that_never_ends_is_refused():
    with pytest.raises(InvalidArgument, match="The state 'b' can come again"):
        expected_return(spoiled(step=lambda self, state, action: [(1, "b", 0, False)]), POLICY)


def test_two_ways_to_one_state_are_no_cycle():
    def step(self, state, action):
        return [(1, "b" if state == "a" and action else "c", 0, state == "c")]

    game = spoiled(step=step)
    assert expected_return(game, POLICY | {"c": (1, 0)}) == 0


def test_a_method_that_is_missing_is_named():
    class Half:
        num_actions, horizon, discount = 2, 1, 1

        def starts(self):
            return [(1, "a")]

        def observe(self, state):
            return state

    with pytest.raises(InvalidArgument, match=r"It has no legal_actions and no step\."):
        unroll(Half())


def test_legal_actions_are_put_in_order():
    game = spoiled(legal_actions=lambda self, state: [1, 0, 1])
    assert unroll(game).variables == (("a", 0), ("a", 1), ("b", 0), ("b", 1))


def test_a_game_that_makes_new_states_for_ever_is_refused():
    counting = spoiled(starts=lambda self: [(1, 0)], step=lambda self, state, action: [(1, state + 1, 0, False)])
    with pytest.raises(InvalidArgument, match="There are more than 100 states"):
        unroll(counting, max_nodes=100)


def test_a_game_with_more_states_than_fit_is_refused():
    counting = spoiled(
        horizon=10**9, starts=lambda self: [(1, 0)], step=lambda self, state, action: [(1, state + 1, 0, False)]
    )
    with pytest.raises(InvalidArgument, match="Step 100 passes it"):
        unroll(counting, max_nodes=100)


def test_a_tree_that_does_not_fit_is_refused():
    long = spoiled(horizon=30, step=lambda self, state, action: [(1, "b", 0, False)])
    with pytest.raises(InvalidArgument, match=r"The tree has 1,073,741,823 decisions.*the game has 30:"):  # 2**30 - 1
        unroll(long, max_nodes=1000, merge=False)


def test_the_graph_is_chosen_where_it_is_smaller():
    long = spoiled(horizon=200, step=lambda self, state, action: [(1, "b", 0, False)])
    graph = unroll(long)
    assert graph.merged
    assert (graph.num_nodes, graph.num_histories) == (200, 2**200 - 1)  # a number of 61 digits
    assert not unroll(spoiled(horizon=1, step=long.step)).merged


def test_decisions_are_counted_before_they_are_built():
    for_ever = spoiled(horizon=10**12, step=lambda self, state, action: [(1, "b", 0, False)])
    with pytest.raises(InvalidArgument, match="It has 1,000,000,000,000 decisions"):
        unroll(for_ever)


@pytest.mark.parametrize("use", [symbolic_sums, TabularPolicy, lambda g: sample(g, POLICY, 1, seed=0)])
@pytest.mark.parametrize("no_game", ["robot", None, Rules])
def test_what_is_no_game_is_refused_everywhere(use, no_game):
    with pytest.raises(InvalidArgument, match="Expected a game"):
        use(no_game)
