"""Whatever a game comes from, it is a game: its chances are rationals that sum to 1, equal observations have
equal actions, no episode outlives the horizon, and what it is worth to a policy is what adding it up by hand gives.

The hand is a recursion over (state, time) in Fractions that asks the game itself and shares nothing with the project.
"""

from fractions import Fraction
from math import isfinite, log, sqrt
from numbers import Rational
from pathlib import Path

import pytest

from gradcheck import TabularGame, expected_return, sample, unroll
from gradcheck.testing import conformance
from gradcheck.tree.games.blackjack import blackjack
from gradcheck.tree.games.catalogue import GALLERY
from gradcheck.tree.sources.files import load_game
from gradcheck.tree.sources.from_gymnasium import from_gymnasium
from gradcheck.tree.sources.from_openspiel import from_openspiel

FALSE_ALARM = 1e-6
HERE = Path(__file__).parent


def gymnasium(env_id, **options):
    return lambda: from_gymnasium(env_id, **options)


def openspiel(name, **options):
    return lambda: from_openspiel(name, **options)


SOURCES = {
    "FrozenLake": gymnasium("FrozenLake-v1"),
    "FrozenLake that is not slippery": gymnasium("FrozenLake-v1", is_slippery=False, horizon=12),
    "FrozenLake 8x8": gymnasium("FrozenLake8x8-v1", success_rate=0.8, horizon=14, discount="9/10"),
    "Taxi": gymnasium("Taxi-v4", horizon=4),
    "Taxi in the rain": gymnasium("Taxi-v4", is_rainy=True, horizon=2),
    "CliffWalking": gymnasium("CliffWalking-v1", horizon=20),
    "CliffWalking that is slippery": gymnasium("CliffWalkingSlippery-v1", horizon=10),
    "Blackjack": gymnasium("Blackjack-v1"),
    "Blackjack with naturals": lambda: blackjack(natural=True, sab=False, discount="1/2"),
    "Blackjack without naturals": lambda: blackjack(sab=False, horizon=3),
    "Kuhn poker": openspiel("kuhn_poker"),
    "Kuhn poker, second player": openspiel("kuhn_poker", player=1),
    "Kuhn poker, self-play": openspiel("kuhn_poker", opponents="same", discount="1/3"),
    "Kuhn poker of three": openspiel("kuhn_poker(players=3)", player=1),
    "Kuhn poker in Python": openspiel("python_kuhn_poker"),
    "Leduc poker": openspiel("leduc_poker", player=1),
    "phantom tic-tac-toe without memory": openspiel("phantom_ttt", observe="observation", horizon=2),
    "liar's dice": openspiel("liars_dice(numdice=1,dice_sides=3)", player=1),
    "tic-tac-toe": openspiel("tic_tac_toe", observe="state"),
    "tic-tac-toe, cut short": openspiel("tic_tac_toe", horizon=2),
    "nim": openspiel("nim(pile_sizes=1;2;3)", opponents="same", observe="state"),
    "nim that can be over at once": openspiel("nim(pile_sizes=0;3)", player=1),
    "rock, paper, scissors": openspiel("matrix_rps", player=1),
    "goofspiel": openspiel("goofspiel(num_cards=3,points_order=random)"),
    "catch": openspiel("catch(rows=4,columns=3)"),
    "cliff walking": openspiel("cliff_walking(height=3,width=4,horizon=6)"),
    "deep sea": openspiel("deep_sea(size=4)"),
    "hanabi": openspiel(
        "hanabi(players=2,colors=1,ranks=2,hand_size=2,max_life_tokens=1,max_information_tokens=1)", player=1
    ),
    "pig, cut short": openspiel("pig(winscore=8)", horizon=2),
    "a file": lambda: load_game(HERE / "shop.toml"),
} | {f"the gallery's {name}": entry.make for name, entry in GALLERY.items()}


class Told:
    """What a game says when it is asked everything once: its states after 0, 1, … steps, and their rules."""

    def __init__(self, game, most_steps=1_000):
        self.starts = list(game.starts())
        self.levels, self.seen, self.rules = [], {}, {}
        level = dict.fromkeys(state for _, state in self.starts)
        while level and len(self.levels) != game.horizon:
            assert len(self.levels) < most_steps, "it does not end"
            self.levels.append(list(level))
            for state in level:
                if state not in self.rules:
                    self.seen[state] = game.observe(state)
                    self.rules[state] = {a: list(game.step(state, a)) for a in game.legal_actions(state)}
            outcomes = (row for state in level for rows in self.rules[state].values() for row in rows)
            level = dict.fromkeys(following for _, following, _, terminated in outcomes if not terminated)
        self.discount = Fraction(game.discount)

    def policy(self, weight):
        """The k-th legal action has the probability of weight(k) among those of all."""
        rows = {}
        for state, actions in self.rules.items():
            weights = {action: weight(k) for k, action in enumerate(actions, 1)}
            total = sum(weights.values())
            rows[self.seen[state]] = {action: Fraction(one, total) for action, one in weights.items()}
        return rows

    def worth(self, choose, chance):
        """Backwards over (state, time), with two ways to put values together: at a decision, and at a chance."""
        after = {}
        for level in reversed(self.levels):
            here = {}
            for state in level:
                values = {}
                for action, rows in self.rules[state].items():
                    values[action] = chance(
                        (p, reward + self.discount * (0 if terminated else after.get(following, 0)))
                        for p, following, reward, terminated in rows
                    )
                here[state] = choose(self.seen[state], values)
            after = here
        return chance((p, after[state]) for p, state in self.starts)


def mean(weighted):
    return sum(p * value for p, value in weighted)


def under(policy):
    return lambda seen, values: mean((policy[seen][action], value) for action, value in values.items())


def extreme(best):
    """The least or greatest return that is possible, at decisions and at chances alike."""
    return (lambda seen, values: best(values.values())), (lambda weighted: best(value for p, value in weighted if p))


def check_numbers(told):
    for rows in [told.starts, *(rows for actions in told.rules.values() for rows in actions.values())]:
        assert all(isinstance(row[0], Rational) and row[0] > 0 for row in rows)
        assert sum(row[0] for row in rows) == 1
    for actions in told.rules.values():
        for rows in actions.values():
            assert all(isinstance(reward, Rational) and isfinite(reward) for _, _, reward, _ in rows)
            assert all(terminated in (True, False) for *_, terminated in rows)


def check_actions(told, num_actions):
    legal = {}
    for state, seen in told.seen.items():
        actions = list(told.rules[state])
        assert actions == sorted(set(actions))
        assert actions[0] >= 0
        assert actions[-1] < num_actions
        assert legal.setdefault(seen, actions) == actions


@pytest.fixture(scope="module", params=SOURCES)
def source(request):
    game = SOURCES[request.param]()
    return game, Told(game), unroll(game)


def test_it_keeps_the_promises_of_a_game(source):
    conformance(source[0])


def test_chances_are_rationals_that_sum_to_1_and_rewards_are_rationals(source):
    check_numbers(source[1])


def test_equal_observations_have_equal_actions(source):
    game, told, _ = source
    check_actions(told, game.num_actions)


def test_the_game_unrolls_to_what_it_says_and_ends_at_the_horizon(source):
    game, told, _ = source
    tree = unroll(game, merge=True)
    assert len(tree.node_levels) == len(told.levels)
    assert game.horizon is None or len(tree.node_levels) <= game.horizon
    assert tree.num_nodes == sum(map(len, told.levels))
    assert set(tree.observations) == set(told.seen.values())


@pytest.mark.parametrize("weight", [lambda k: 1, lambda k: k], ids=["uniform", "skewed"])
def test_the_expected_return_is_that_of_a_recursion_by_hand(source, weight):
    _, told, tree = source
    policy = told.policy(weight)
    found = expected_return(tree, policy)
    assert isfinite(found)
    assert found == told.worth(under(policy), mean)


def returns(tree, policy, size):
    episodes = sample(tree, policy, size, seed=7)
    return episodes.future_returns[episodes.time_steps == 0]


def hoeffding(told, size):
    """An average of returns is further from the truth with probability at most FALSE_ALARM."""
    least, greatest = (told.worth(*extreme(best)) for best in (min, max))
    return float(greatest - least) * sqrt(log(2 / FALSE_ALARM) / (2 * size))


def test_sampled_episodes_agree(source):
    _, told, tree = source
    policy = told.policy(lambda k: k)
    size = min(20_000, 10_000_000 // len(tree.observations) // len(tree.node_levels))  # observations are one-hot rows
    truth = float(told.worth(under(policy), mean))
    # The bound says nothing of rounding, which matters where all returns are equal.
    assert abs(float(returns(tree, policy, size).mean()) - truth) <= hoeffding(told, size) + 1e-9


TOSS = {"toss": {0: [("1/2", "toss", 1, False), ("1/2", "end", 0, True)], 1: [(1, "end", 3, True)]}}


class Broken:
    """A good game, but for one answer."""

    num_actions, horizon, discount = 2, 3, 1

    def __init__(self, **wrong):
        self.wrong = wrong

    def starts(self):
        return [(1, "toss")]

    def legal_actions(self, state):
        return self.wrong.get("actions", {}).get(state, (0, 1))

    def step(self, state, action):
        return self.wrong.get("outcomes", [(Fraction(1, 2), "again", 1, False), (Fraction(1, 2), "end", 0, True)])

    def observe(self, state):
        return "dark"


@pytest.mark.parametrize(
    "outcomes",
    [
        [(Fraction(1, 3), "end", 1, True), (Fraction(1, 3), "end", 0, True)],
        [(Fraction(1, 3), "end", 1, True), (2 / 3, "end", 0, True)],
        [(0, "end", 1, True), (1, "end", 0, True)],
        [(1, "end", float("inf"), True)],
    ],
)
def test_control_bad_numbers_would_be_noticed(outcomes):
    check_numbers(Told(Broken()))
    with pytest.raises(AssertionError):
        check_numbers(Told(Broken(outcomes=outcomes)))


@pytest.mark.parametrize("actions", [{"again": (0,)}, {"toss": (1, 0), "again": (1, 0)}, {"toss": (0, 2)}])
def test_control_bad_actions_would_be_noticed(actions):
    check_actions(Told(Broken()), 2)
    with pytest.raises(AssertionError):
        check_actions(Told(Broken(actions=actions)), 2)


def test_control_another_reward_or_horizon_would_be_noticed():
    game, longer, richer = (
        TabularGame(TOSS, "toss", 2),
        TabularGame(TOSS, "toss", 3),
        TabularGame(TOSS | {"toss": TOSS["toss"] | {1: [(1, "end", "3.000001", True)]}}, "toss", 2),
    )
    policy = Told(game).policy(lambda k: k)
    truth = expected_return(game, policy)
    assert truth == Told(game).worth(under(policy), mean)
    assert truth != Told(longer).worth(under(policy), mean)
    assert truth != Told(richer).worth(under(policy), mean)


def test_control_episodes_of_another_policy_would_be_noticed():
    robot = GALLERY["robot"].make()
    told, tree = Told(robot), unroll(robot)
    policy, other = told.policy(lambda k: k), told.policy(lambda k: 3 - k)
    truth = float(told.worth(under(policy), mean))
    assert abs(float(returns(tree, other, 20_000).mean()) - truth) > hoeffding(told, 20_000)
