"""The result of a check as JSON: the same for programs, in a published and versioned form (``schema.json``)."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import Any

from torch import Tensor

from gradcheck.checking.result import CheckResult, Limit, ProbeResult

SCHEMA_VERSION = 1


def load_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what ``to_dict`` gives."""
    return json.loads(
        resources.files("gradcheck.checking.rendering").joinpath("schema.json").read_text(encoding="utf-8")
    )


def to_dict(result: CheckResult) -> dict[str, Any]:
    """The result as plain data; null for numbers that are infinite or not defined."""
    return {
        "schema_version": SCHEMA_VERSION,
        "loss": result.name,
        "verdict": result.verdict.value,
        "accept": result.accept.value,
        "passed": bool(result),
        "expected_gradient": _numbers(result.expected_gradient),
        "true_gradient": _numbers(result.true_gradient),
        "variance": _numbers(result.variance),
        "scale": None if result.scale is None else _number(result.scale),
        "relative_bias": _number(result.relative_bias),
        "direction_error": _number(result.direction_error),
        "batch": result.batch if isinstance(result.batch, int) else list(result.batch),
        "by_batch_size": [
            {
                "batch": size,
                "verdict": at.verdict.value,
                "scale": None if at.scale is None else _number(at.scale),
                "relative_bias": _number(at.relative_bias),
                "direction_error": _number(at.direction_error),
                "batches": at.batches,
            }
            for size, at in sorted(result.by_batch_size.items())
        ],
        "limit": None if result.limit is None else _limit(result.limit),
        "exact": result.exact,
        "confidence": result.confidence,
        "findings": [
            {
                "cause": finding.cause,
                "title": finding.title,
                "evidence": finding.evidence,
                "remedy": finding.remedy,
                "also": list(finding.also),
            }
            for finding in result.findings
        ],
        "attribution": None
        if result.attribution is None
        else [
            {
                "mended": list(row.mended),
                "direction_error": _number(row.direction_error),
            }
            for row in result.attribution.rows
        ],
        "counterexample": None
        if result.counterexample is None
        else {"code": result.counterexample.code, "description": result.counterexample.description},
        "searched": None
        if result.searched is None
        else {
            "seconds": result.searched.seconds,
            "tried": result.searched.tried,
            "skipped": result.searched.skipped,
            "undecided": result.searched.undecided,
            "found": result.searched.found,
        },
        "by_condition": {name: verdict.value for name, verdict in result.by_condition.items()},
        "notes": dict(result.notes),
        "conditions": list(result.conditions),
        "probes": [_probe(one) for one in result.probes],
        "remarks": list(result.remarks),
        "batches": result.batches,
        "seconds": result.seconds,
        "seed": result.seed,
        "battery": result.battery,
    }


def _limit(limit: Limit) -> dict[str, Any]:
    def steps(found: tuple[tuple[int, float], ...]) -> list[dict[str, Any]]:
        return [{"size": size, "direction_error": _number(error)} for size, error in found]

    return {
        "tends": limit.tends.value,
        "probe": limit.probe,
        "symbol": limit.symbol,
        "enumerated": steps(limit.enumerated),
        "populations": steps(limit.populations),
        "direction_error": None if limit.limit is None else _number(limit.limit),
        "rate": limit.rate,
    }


def _probe(one: ProbeResult) -> dict[str, Any]:
    return {
        "probe": one.probe,
        "condition": one.condition,
        "verdict": one.verdict.value,
        "reference": one.reference,
        "names": list(one.names),
        "expected_gradient": _numbers(one.expected_gradient),
        "true_gradient": _numbers(one.true_gradient),
        "variance": _numbers(one.variance),
        "scale": _number(one.scale),
        "relative_bias": _number(one.relative_bias),
        "direction_error": _number(one.direction_error),
        "batches": one.batches,
    }


def _numbers(values: Tensor) -> list[float | None]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
