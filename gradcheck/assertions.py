"""``check`` as assertions, for test-suites."""

from __future__ import annotations

from functools import partial
from typing import Any, Unpack, final

from gradcheck.checking.check import check
from gradcheck.checking.expectation.loss_gradient import AnyLoss
from gradcheck.checking.names import Accept
from gradcheck.checking.options import AssertOptionsDict
from gradcheck.checking.rendering.error_message import message
from gradcheck.checking.result import CheckResult
from gradcheck.checking.signature import takes_options

_takes_options = partial(takes_options, leave_out=("accept",))


@final
class GradcheckError(AssertionError):
    """A loss whose expected gradient is not what was asserted; its text says where it goes wrong, and why.

    Args:
        result: of the check that failed.

    Attributes:
        result: the same.
    """

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result)  # which is what pickling and copying give back to this method
        self.result = result

    def __str__(self) -> str:
        return message(self.result)


@_takes_options
def assert_unbiased(
    loss: AnyLoss, game: Any = None, policy: Any = None, **options: Unpack[AssertOptionsDict]
) -> CheckResult:
    """Check a loss, and raise unless its expected gradient is the true one.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
    {options}

    Raises:
        GradcheckError: if the verdict is not *unbiased*; ``error.result`` is the result.
    """
    return _assert("unbiased", loss, game, policy, options)


@_takes_options
def assert_proportional(
    loss: AnyLoss, game: Any = None, policy: Any = None, **options: Unpack[AssertOptionsDict]
) -> CheckResult:
    """Check a loss, and raise unless its expected gradient is a positive multiple of the true one.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
    {options}

    Raises:
        GradcheckError: if the verdict is neither *unbiased* nor *proportional*; ``error.result`` is the result.
    """
    return _assert("proportional", loss, game, policy, options)


@_takes_options
def assert_consistent(
    loss: AnyLoss, game: Any = None, policy: Any = None, **options: Unpack[AssertOptionsDict]
) -> CheckResult:
    """Check a loss, and raise unless its expected gradient points along the true one, or tends to as batches grow.

    Args:
        loss: as for ``check``.
        game: as for ``check``.
        policy: as for ``check``.
    {options}

    Raises:
        GradcheckError: if the verdict is *biased* or *inconclusive*; ``error.result`` is the result.
    """
    return _assert("consistent", loss, game, policy, options)


def _assert(accept: Accept, loss: AnyLoss, game: Any, policy: Any, options: AssertOptionsDict) -> CheckResult:
    result = check(loss, game, policy, accept=accept, **options)
    if not result:
        raise GradcheckError(result)
    return result
