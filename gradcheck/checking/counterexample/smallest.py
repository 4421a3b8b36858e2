"""The counterexample to a loss: the smallest game on which it fails, as code."""

from __future__ import annotations

import warnings
from dataclasses import replace

from gradcheck.checking.budgets import MOST_BATCHES_OF_A_COUNTEREXAMPLE, MOST_COUNTEREXAMPLES
from gradcheck.checking.case import Condition, NotApplicable
from gradcheck.checking.conditions.registry import condition_named
from gradcheck.checking.counterexample.as_code import as_code
from gradcheck.checking.counterexample.search import find_counterexample
from gradcheck.checking.expectation.loss_gradient import name_of
from gradcheck.checking.failure import LossFailed
from gradcheck.checking.judge import judge
from gradcheck.checking.probes.subjects import Given
from gradcheck.checking.question import Question
from gradcheck.checking.result import Counterexample
from gradcheck.checking.verdict import Verdict
from gradcheck.tree.errors import InvalidArgument
from gradcheck.tree.game import TabularGame
from gradcheck.tree.unroll import unroll
from gradcheck.tree.values.policy_table import PolicyTable


def smallest_failure(question: Question) -> Counterexample | None:
    """Search for it among games that are tiny; None if the loss fails on none of those tried.

    The policies there are tables, which return logits.
    """
    options, subject = question.options, question.subject
    asked_for = map(condition_named, options.conditions)
    conditions = [condition for condition in asked_for if condition.counterexample_sizes]
    if not conditions or (subject.is_battery and not subject.returns_logits):
        return None
    condition = conditions[0]
    asked = condition_named(condition.of_a_given_game)
    discount = condition.discount(options)
    sizes = tuple(dict.fromkeys(min(size, condition.size(options)) for size in condition.counterexample_sizes))

    def discounted(game: TabularGame) -> TabularGame:
        if discount == 1:
            return game
        return TabularGame(game.P, dict(game.start), game.horizon, dict(game.observations), discount)

    def fails(game: TabularGame, table: PolicyTable, batch: int) -> bool:
        there = Question(
            question.loss,
            Given(unroll(discounted(game)), table, None, options.seed),
            replace(options, batch=condition.batch_of_size(batch)),
        )
        try:
            judgement = judge(
                there,
                asked,
                max_batches=MOST_BATCHES_OF_A_COUNTEREXAMPLE,
                look_at_limit=options.accept is Verdict.CONSISTENT,
            )
        except (LossFailed, InvalidArgument, NotApplicable):
            return False  # whatever a loss does on games it was not made for is no counterexample
        return not judgement.at_best.at_least(options.accept)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = find_counterexample(fails, seed=options.seed, max_examples=MOST_COUNTEREXAMPLES, batches=sizes)
    if found is None:
        return None
    code = as_code(
        discounted(found.game),
        found.policy,
        condition.batch_of_size(found.batch),
        name_of(question.loss),
        f"assert_{options.accept}",
        options=({} if asked.goes_without_saying else {"conditions": asked.name})
        | ({} if options.reference == "return" else {"reference": options.reference}),
    )
    words = _words(found.game, found.batch, asked)
    return Counterexample(code, words if options.objective is None else f"{words} Give it the same objective=, too.")


def _words(game: TabularGame, batch: int, condition: Condition) -> str:
    tree = unroll(game)
    steps = len(tree.node_levels)
    sizes = [
        "one decision" if tree.num_nodes == 1 else f"{tree.num_nodes} decisions",
        "episodes of one step" if steps == 1 else f"episodes of up to {steps} steps",
        condition.words_for_a_batch(batch),
    ]
    return f"The smallest game found on which it fails: {', '.join(sizes)}."
