"""``check`` as assertions, for test-suites."""

from __future__ import annotations

from typing import Any

from gradcheck.checking.check import check
from gradcheck.checking.expectation.loss_gradient import AnyLoss
from gradcheck.checking.result import CheckResult
from gradcheck.checking.verdict import Verdict
from gradcheck.errors import GradcheckError


def assert_unbiased(loss: AnyLoss, game: Any = None, policy: Any = None, **options: Any) -> CheckResult:
    """Check a loss, and raise unless its expected gradient is the true one.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
        **options: as for ``check``, but for ``accept``; other conditions are tried only with ``all_conditions``.

    Raises:
        GradcheckError: if the verdict is not *unbiased*; ``error.result`` is the result.
    """
    return _assert(Verdict.UNBIASED, loss, game, policy, options)


def assert_proportional(loss: AnyLoss, game: Any = None, policy: Any = None, **options: Any) -> CheckResult:
    """Check a loss, and raise unless its expected gradient is a positive multiple of the true one.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
        **options: as for ``check``, but for ``accept``; other conditions are tried only with ``all_conditions``.

    Raises:
        GradcheckError: if the verdict is neither *unbiased* nor *proportional*; ``error.result`` is the result.
    """
    return _assert(Verdict.PROPORTIONAL, loss, game, policy, options)


def assert_consistent(loss: AnyLoss, game: Any = None, policy: Any = None, **options: Any) -> CheckResult:
    """Check a loss, and raise unless its expected gradient points along the true one, or tends to as batches grow.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
        **options: as for ``check``, but for ``accept``; other conditions are tried only with ``all_conditions``.

    Raises:
        GradcheckError: if the verdict is *biased*; ``error.result`` is the result.
    """
    return _assert(Verdict.CONSISTENT, loss, game, policy, options)


def _assert(accept: Verdict, loss: AnyLoss, game: Any, policy: Any, options: dict[str, Any]) -> CheckResult:
    # A test asks about its own conditions; the others would take several times as long.
    result = check(loss, game, policy, accept=accept, **{"all_conditions": False, **options})
    if not result:
        raise GradcheckError(result)
    return result
