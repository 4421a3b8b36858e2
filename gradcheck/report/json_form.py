"""The report as JSON: the same numbers for programs, in a published and versioned form (``schema.json``)."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from gradcheck.estimates import Estimate
from gradcheck.report.data import Report
from tree.errors import invalid

SCHEMA_VERSION = 1


def to_dict(report: Report) -> dict[str, Any]:
    """The report as plain data. No clock reading is in it: the same seed gives the same data."""
    at = report.at
    return {
        "schema_version": SCHEMA_VERSION,
        "game": report.name,
        "expected_return": {"exact": str(at.R), "value": float(at.R)},
        "best_deterministic_return": {
            "exact": str(report.best.expected_return),
            "value": float(report.best.expected_return),  # type: ignore[arg-type]
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
        "undefined_at_one_episode": {one.estimator: one.undefined for one in report.single},
    }


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
        "observation": list(observation) if isinstance(observation, tuple) else observation,
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
        "within_bound": one.agrees,
    }


def check_writable(path: str | Path) -> Path:
    """Refuse, before any work is done, a path that cannot be written.

    Raises:
        InvalidArgument: if it is a folder, or its folder does not exist or cannot be written.
    """
    target = Path(path)
    folder = target.parent
    if not target.name or target.is_dir():
        raise invalid("a file to write", "--json", str(path), "It is a folder.")
    if not folder.is_dir():
        raise invalid("a file in a folder that exists", "--json", str(path))
    if not os.access(folder, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise invalid("a file that can be written", "--json", str(path))
    return target


def write(report: Report, path: str | Path) -> None:
    """Write the report as JSON: the whole file, or none of it.

    Raises:
        InvalidArgument: if the path cannot be written.
    """
    target = check_writable(path)
    text = json.dumps(to_dict(report), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
            temporary = file.name
            file.write(text)
        Path(temporary).chmod(0o666 & ~_umask())  # temporary files are private, reports are not
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise invalid("a file that can be written", "--json", str(path), str(error)) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
