"""The verdict of ``check`` alone: its reasons, and the other batch sizes, take several times as long."""

from inspect import signature

from gradcheck import check
from gradcheck.checking.judge import common_scale, judge
from gradcheck.checking.options import read_request
from gradcheck.estimators.threads import one_thread


@one_thread()
def verdict_and_scale(loss, *, condition="complete_episodes", **options):
    """What ``check`` says under one condition; raises what it raises."""
    defaults = {name: one.default for name, one in signature(check).parameters.items() if name != "loss"}
    needed = {name: value for name, value in defaults.items() if name in signature(read_request).parameters}
    request = read_request(loss, **needed | {"conditions": (condition,)} | options)
    found = judge(request, condition, most=request.max_batches)
    return found.verdict, common_scale([one.comparison for one in found.observed])
