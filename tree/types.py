"""The types that everything on the exact side is made of, each defined here and nowhere else."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # games are defined, listed and loaded without numpy
    from decimal import Decimal
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

#: What a user may write for a number; inside the project it is a ``Number``.
NumberLike: TypeAlias = "int | float | Fraction | Decimal | str"
#: Rationals are exact, floats are float64.
Number: TypeAlias = "Fraction | float"

#: Where a game stands.
State: TypeAlias = Hashable
#: What the player sees of a state: a tuple of numbers, or anything hashable.
Observation: TypeAlias = Hashable
#: One thing that can happen after an action: (probability, next state, reward, terminated).
Outcome: TypeAlias = "tuple[Number, State, Number, bool]"

#: Numbers of any kind: floats, whole numbers, or rationals as objects. Docstrings give the shape: [V] is one for each
#: variable, [I, A] a row for each information set.
Array: TypeAlias = "NDArray[Any]"
Floats: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"
