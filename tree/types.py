"""What arrays of numbers are called here, and how rationals become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


def objects(values: Sequence[object]) -> Array:
    """Numbers of any kind as a flat array, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
