"""The report as JSON: the same numbers for programs, in a published and versioned form (``schema.json``)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import resources
from numbers import Integral, Real
from typing import Any

from gradcheck.report.data import Report
from gradcheck.report.estimates import Estimate
from gradcheck.tree.types import Number

SCHEMA_VERSION = 1

_MAX_BITS = 13_000  # of a whole number: 3,900 digits; Python refuses to write more than 4,300


def load_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``to_dict`` gives."""
    return json.loads(resources.files("gradcheck.report").joinpath("schema.json").read_text(encoding="utf-8"))


def to_dict(report: Report, variables: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The report as plain data. No clock reading is in it: the same seed gives the same data.

    Args:
        report: the report.
        variables: what stands for the list of variables; the list itself by default.
    """
    size, source = report.size, report.source
    return {
        "schema_version": SCHEMA_VERSION,
        "game": report.name,
        "size": {
            "decisions": size.decisions,
            "merged": size.merged,
            "outcomes": size.outcomes,
            "histories": _integer(size.histories),
            "episodes": _integer(size.episodes),
            "longest_episode": size.longest,
        },
        "unreachable_states": [str(state) for state in report.unreachable],
        "snapped": [
            {"given": given, "read_as": str(meaning)} for given, meaning in (source.snapped if source else {}).items()
        ],
        "rows_left_as_floats": len(source.left_as_floats) if source else 0,
        "expected_return": _number(report.truth.expected_return),
        "best_deterministic_return": None if report.best is None else _number(report.best.expected_return),
        "variables": [_variable(report, i) for i in range(len(report.x))] if variables is None else variables,
        "policy_gradient": [
            {
                "parameter": parameter.name,
                "shape": list(parameter.shape),
                "exact": [one.exact for one in next(iter(parameter.estimates.values()))],
                "estimates": {name: [_estimate(one) for one in row] for name, row in parameter.estimates.items()},
            }
            for parameter in report.linear
        ],
        "episodes": report.episodes,
        "seed": report.seed,
        "identity_holds": report.identity_holds,
        "identity_error_probability": report.proof.error_probability,
        "enumerated": report.at is not None,
        "agrees": report.agrees,
        "finite_batch": [
            {
                "estimator": one.estimator,
                "batch": one.batch,
                "direction_error": one.direction_error,
                "scale": one.scale,
            }
            for one in report.finite
        ],
        "undefined_at_one_episode": {
            one.estimator: min(one.undefined, 1.0)  # a sum of probabilities, rounded
            for one in report.single
        },
    }


def to_parts(report: Report) -> Iterator[str]:
    """The report as the text of a JSON file, in parts: large games have a few hundred megabytes of it."""
    variables = _Made(lambda i: _variable(report, i), len(report.x))
    encoder = json.JSONEncoder(indent=2, allow_nan=False, ensure_ascii=False)
    yield from encoder.iterencode(to_dict(report, variables))
    yield "\n"


class _Made(list[dict[str, Any]]):
    """A list whose items are made when they are written down."""

    def __init__(self, make: Callable[[int], dict[str, Any]], count: int) -> None:
        super().__init__()
        self._make, self._count = make, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._make, range(self._count))


def _variable(report: Report, i: int) -> dict[str, Any]:
    observation, action = report.tree.variables[i]
    truth = report.truth
    partial_R = truth.partials[i]
    values = {
        "probability": report.x[i],
        "reach": truth.reach[i],
        "average_return": report.average_return[i],
        "partial_R": partial_R,
        "partial_Y": partial_R if report.at is None else report.at.partials_Y[i],
    }
    return {
        "name": f"x{i}",
        "observation": _observation(observation),
        "action": action,
        **{name: None if value is None else float(value) for name, value in values.items()},
        "exact": {name: _fraction(value) for name, value in values.items()},
        "estimates": {name: _estimate(row[i]) for name, row in report.partials.items()},
    }


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "mean": one.mean,
        "standard_error": one.standard_error,
        "z": one.z,
        "bound": one.bound,
        "within_bound": one.within_bound,
        "expectation": one.expectation,
        "unbiased": one.unbiased,
    }


def _number(value: Number) -> dict[str, Any]:
    return {"exact": _fraction(value), "value": float(value)}


def _fraction(value: object) -> str | None:
    """A rational as text; nothing for a float, or for more digits than Python writes down by itself."""
    if not isinstance(value, Fraction):
        return None
    return None if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS else str(value)


def _integer(value: int) -> int | None:
    return value if value.bit_length() <= _MAX_BITS else None


def _observation(seen: object) -> object:
    """Numbers, words and tuples of them as they are; anything else as the text it prints as."""
    if seen is None or isinstance(seen, bool | str):
        return seen
    if isinstance(seen, tuple):
        return [_observation(part) for part in seen]
    if isinstance(seen, Integral):  # numpy's too
        return int(seen)
    if isinstance(seen, Real) and math.isfinite(seen):
        return float(seen)
    return str(seen)
