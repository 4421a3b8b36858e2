"""The report as JSON: the same numbers for programs, in a published and versioned form (``schema.json``)."""

from __future__ import annotations

import json
import math
from importlib import resources
from numbers import Integral, Real
from typing import Any

from gradcheck.estimates import Estimate
from gradcheck.report.data import Report

SCHEMA_VERSION = 1


def load_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``to_dict`` gives."""
    return json.loads(resources.files("gradcheck.report").joinpath("schema.json").read_text(encoding="utf-8"))


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain data. No clock reading is in it: the same seed gives the same data."""
    at = report.at
    return {
        "schema_version": SCHEMA_VERSION,
        "game": report.name,
        "expected_return": {"exact": str(at.R), "value": float(at.R)},
        "best_deterministic_return": {
            "exact": str(report.best.expected_return),
            "value": float(report.best.expected_return),
        },
        "variables": [_variable(report, i) for i in range(len(report.sums.variables))],
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


def to_text(report: Report) -> str:
    """The report as the text of a JSON file."""
    return json.dumps(to_dict(report), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _variable(report: Report, i: int) -> dict[str, Any]:
    observation, action = report.sums.variables[i]
    evaluation = report.at.evaluation
    values = {
        "probability": report.at.x[i],
        "reach": evaluation.reach[i],
        "average_return": evaluation.average_return[i],
        "partial_R": report.at.partials_R[i],
        "partial_Y": report.at.partials_Y[i],
    }
    return {
        "name": f"x{i}",
        "observation": _observation(observation),
        "action": action,
        **{name: None if value is None else float(value) for name, value in values.items()},
        "exact": {name: None if value is None else str(value) for name, value in values.items()},
        "estimates": {name: _estimate(row[i]) for name, row in report.partials.items()},
    }


def _estimate(one: Estimate) -> dict[str, Any]:
    return {
        "mean": one.mean,
        "standard_error": one.standard_error,
        "z": one.z,
        "bound": one.bound,
        "within_bound": one.within_bound,
        "expectation": one.expectation,
        "unbiased": one.unbiased,
    }


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
