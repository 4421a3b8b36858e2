"""The exceptions a user can meet."""

from __future__ import annotations

from tree.errors import InvalidArgument

__all__ = ["InvalidArgument"]
