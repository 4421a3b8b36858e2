"""What is raised where a user's own code raises something."""

from __future__ import annotations

from typing import final

from gradcheck.tree.errors import InvalidArgument


@final
class LossFailed(Exception):
    """A loss, or a policy that it asks, raised something, which ``error`` is."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def loss_failed(error: Exception) -> Exception:
    """What becomes of an error of a user's code: what this package says about it is said as it is."""
    return error if isinstance(error, InvalidArgument | LossFailed) else LossFailed(error)
