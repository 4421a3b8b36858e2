"""The verdict of ``check`` alone: its reasons, and the other batch sizes, take several times as long."""

from gradcheck.checking.comparison import common_scale
from gradcheck.checking.conditions.registry import CONDITIONS
from gradcheck.checking.judge import judge
from gradcheck.checking.question import read_question
from gradcheck.estimators.threads import one_thread


@one_thread()
def verdict_and_scale(loss, *, condition="complete_episodes", **options):
    """What ``check`` says under one condition; raises what it raises."""
    question = read_question(loss, conditions=condition, **options)
    judgement = judge(question, CONDITIONS[condition], max_batches=question.options.max_batches)
    return judgement.verdict, common_scale([result.comparison for result in judgement.cases])
