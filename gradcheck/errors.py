"""What the assertions raise."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from gradcheck.checking.result import CheckResult


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
        from gradcheck.checking.rendering.error_message import message

        return message(self.result)
