"""A token game is worth the sum over all texts of their probability times their reward; networks read its prefixes."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from gradcheck import games, unroll
from gradcheck.tree.unrolling.observation_features import observation_features


def texts(vocabulary, length):
    """Every finished text: up to ``length`` tokens, a 0 at the end or the full length."""
    for tokens in range(1, length + 1):
        for text in product(range(vocabulary), repeat=tokens):
            if 0 not in text[:-1] and (text[-1] == 0 or tokens == length):
                yield text


def reward(prompt, text):
    return Fraction(sum(3**i * token for i, token in enumerate(text)), 1 + prompt) - len(text)


@pytest.mark.parametrize(
    ("vocabulary", "lengths", "prompts"),
    [(2, (1,), (1,)), (2, (4,), (1,)), (3, (1, 3), ("1/4", "3/4")), (4, (2, 2, 1), ("1/2", "1/3", "1/6"))],
)
def test_every_text_is_paid_once(vocabulary, lengths, prompts, worth, histories):
    game = games.token_game(reward, vocabulary=vocabulary, length=lengths, prompts=prompts)
    expected = {
        (prompt, text): Fraction(chance) * Fraction(1, vocabulary) ** len(text)
        for prompt, (chance, length) in enumerate(zip(prompts, lengths, strict=True))
        for text in texts(vocabulary, length)
    }
    assert sum(expected.values()) == 1
    assert worth(game) == sum(chance * reward(*text) for text, chance in expected.items())
    found = {(steps[0][0][0], tuple(token for _, token in steps)): gain for _, steps, gain in histories(game)}
    assert found == {text: reward(*text) for text in expected}


def test_a_table_is_a_function_that_is_mostly_0(worth):
    table = {(0, (1, 0)): "1/3", (1, (0,)): -2}
    by_table = games.token_game(table, vocabulary=2, length=2, prompts=("1/2", "1/2"))
    by_function = games.token_game(
        lambda prompt, text: table.get((prompt, text), 0), vocabulary=2, length=2, prompts=("1/2", "1/2")
    )
    assert by_table == by_function
    assert worth(by_table) != 0


def test_observations_are_prefixes_that_networks_read_as_they_are():
    game = games.token_game(reward, vocabulary=3, length=(1, 3), prompts=("1/4", "3/4"))
    assert {state: game.observe(state) for state in game.P} == {
        (0, ()): (0, -1, -1),
        (1, ()): (1, -1, -1),
        (1, (1,)): (1, 1, -1),
        (1, (2,)): (1, 2, -1),
        (1, (1, 1)): (1, 1, 1),
        (1, (1, 2)): (1, 1, 2),
        (1, (2, 1)): (1, 2, 1),
        (1, (2, 2)): (1, 2, 2),
    }
    tree = unroll(game)
    assert np.array_equal(observation_features(tree), np.array(tree.observations, dtype=float))


def test_the_two_prompts_have_different_lengths_means_and_deviations(histories):
    by_prompt = {0: [], 1: []}
    for chance, steps, gain in histories(games.two_prompts()):
        by_prompt[steps[0][0][0]].append((chance * Fraction(1, 3) ** len(steps), len(steps), gain))
    lengths = [{length for _, length, _ in rows} for rows in by_prompt.values()]
    assert lengths == [{1}, {1, 2}]
    totals = [sum(p for p, _, _ in rows) for rows in by_prompt.values()]
    assert totals == [Fraction(1, 3), Fraction(2, 3)]
    means = [sum(p * g for p, _, g in rows) / total for rows, total in zip(by_prompt.values(), totals, strict=True)]
    assert means == [Fraction(5, 3), Fraction(1, 18)]
    squares = [
        sum(p * g * g for p, _, g in rows) / total for rows, total in zip(by_prompt.values(), totals, strict=True)
    ]
    assert squares[0] - means[0] ** 2 != squares[1] - means[1] ** 2


def test_control_a_reward_for_a_cut_text_is_not_one_for_an_ended_text(worth):
    ended = games.token_game({(0, (1, 0)): 1}, vocabulary=3, length=2)
    cut = games.token_game({(0, (1, 1)): 1}, vocabulary=3, length=2)
    assert ended != cut
    assert worth(ended) == worth(cut) == Fraction(1, 9)
