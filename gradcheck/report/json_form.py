"""The report as JSON: the same numbers for programs, in a published and versioned form (``schema.json``)."""

from __future__ import annotations

import json
import math
import os
import tempfile
from importlib import resources
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tree.errors import invalid

if TYPE_CHECKING:  # the command line refuses a path before torch is imported
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
                "direction_error": _finite(one.direction_error),
                "scale": _finite(one.scale),
            }
            for one in report.finite
        ],
        "undefined_at_one_episode": {
            one.estimator: min(one.undefined, 1.0)  # a sum of probabilities, rounded
            for one in report.single
        },
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
        "within_bound": one.agrees,
    }


def _finite(value: float | None) -> float | None:
    """None for what JSON has no number for: the direction to a gradient of zero is 0/0."""
    return value if value is not None and math.isfinite(value) else None


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


def check_writable(path: str | Path) -> Path:
    """Refuse, before any work is done, a path that cannot be written.

    Returns:
        The file that will be written, symbolic links followed.

    Raises:
        InvalidArgument: if it is a folder, or its folder does not exist or cannot be written.
    """
    shown = str(path)
    try:
        target = Path(path)
        if not shown or target.is_dir():
            raise invalid("the path of a file", "--json", shown, "It is a folder." if shown else "It is empty.")
        if _is_special(target):
            return target  # as it is: where /dev/stdout leads to may have no path of its own
        target = target.resolve()
        if not target.parent.is_dir():
            raise invalid("a file in a folder that exists", "--json", shown, "Make the folder first.")
        if target.exists() and not os.access(target, os.W_OK):
            raise invalid("a file that can be written", "--json", shown, "It is read-only.")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".gradcheck-"):
            pass  # permissions do not tell for sure, and for some users not at all
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise invalid("a file that can be written", "--json", shown, _reason(error)) from error
    return target


def write(report: Report, path: str | Path) -> None:
    """Write the report as JSON: the whole file, or none of it.

    Raises:
        InvalidArgument: if the path cannot be written.
    """
    target = check_writable(path)
    text = json.dumps(to_dict(report), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    temporary: Path | None = None
    try:
        if _is_special(target):
            target.write_text(text, encoding="utf-8")
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".gradcheck-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(mode)  # temporary files are private, reports are not
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise invalid("a file that can be written", "--json", str(path), _reason(error)) from error


def _is_special(target: Path) -> bool:
    """A device or a pipe, such as /dev/stdout: it is written to, where a file is replaced."""
    return target.exists() and not target.is_file()


def _reason(error: OSError | RuntimeError) -> str:
    """Without the name of the file, which may be a temporary one."""
    return f"{getattr(error, 'strerror', None) or error}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
