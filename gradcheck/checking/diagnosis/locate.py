"""Where an error sits that nothing known explains: in which games, information sets, time steps and actions."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.checking.diagnosis.evidence import ExaminedCase
from gradcheck.checking.probes.battery import BATTERY, ROUGH
from gradcheck.checking.probes.coordinates import coordinates, unit_observations
from gradcheck.checking.probes.probe_policy import ProbePolicy
from gradcheck.checking.probes.unmasked_table import UnmaskedTable
from gradcheck.checking.result import Finding
from gradcheck.checking.verdict import Verdict
from gradcheck.document.numbers import apart
from gradcheck.estimators.policies import TabularPolicy

_MOST_PLACES = 3
_TRIED = "No known mistake, and no two of them together, have this expected gradient."
_TOO_FEW = (
    "Which mistake it is cannot be told: the loss works on this game alone, where its gradient has {} free, and "
    "mistakes that it does not make would explain as much."
)
_NOT_TRIED = "The known mistakes could not be tried: the loss works on this game alone, and it is too large."


def locate(cases: Sequence[ExaminedCase], *, tried: bool, too_few: int | None = None) -> Finding:
    """Say where the expected gradient leaves the true one, and in which games it does not.

    Args:
        cases: the loss on each.
        tried: whether the known mistakes could be worked out and compared with it.
        too_few: the directions that its gradient has free, where these are too few to tell mistakes apart.
    """
    said = _TRIED if tried else _NOT_TRIED
    if too_few is not None:
        said = _TOO_FEW.format("one direction" if too_few == 1 else f"{too_few} directions")
    wrong = [one for one in cases if one.comparison.verdict is Verdict.BIASED]
    right = [one.case.name for one in cases if one.comparison.verdict is not Verdict.BIASED]
    worst = max(wrong, key=lambda one: one.comparison.direction_error)
    exposes = {probe.name: probe.exposes for probe in BATTERY + ROUGH}
    names = [one.case.name for one in wrong]
    where = f"It is wrong on {_and(names)}"
    if right:
        where += f", and right on {_and(right)}"
    told = "; ".join(f"{name} is there for {exposes[name]}" for name in names[:2] if name in exposes)
    return Finding(
        "unexplained",
        f"{where}. {said}",
        f"The error {worst.case.where} sits in {_and(_places(worst))}.",
        f"Look at what these games have that the others lack: {told}." if told else "Try it on smaller games.",
    )


def _places(case: ExaminedCase) -> list[str]:
    """The coordinates with the largest errors, after the best common factor is taken out."""
    found, comparison = case.estimate.mean, case.comparison
    scale = comparison.scale if comparison.scale > 0 else 1.0
    wanted = scale * comparison.truth
    errors = found - wanted
    names = coordinates(case.case.parameters)
    largest = errors.abs().max()
    words = []
    for number in errors.abs().argsort(descending=True).tolist()[:_MOST_PLACES]:
        if errors[number].abs() <= 1e-3 * largest:
            break
        place = _place(case, number) or names[number]
        words.append(f"{place} ({' for '.join(apart(float(found[number]), float(wanted[number])))})")
    return words


def _place(case: ExaminedCase, number: int) -> str:
    """The information set and the action behind a coordinate, where each has one of its own."""
    tree, policy = case.case.tree, case.case.policy
    if isinstance(policy, TabularPolicy | UnmaskedTable):
        infoset, action = divmod(number, policy.logits.shape[1])
    elif isinstance(policy, ProbePolicy) and number < policy.weight.numel() and (order := unit_observations(tree)):
        action, place = divmod(number, len(order))
        infoset = order[place]
    else:
        return ""
    times = {int(t) for t, i in zip(tree.node_time, tree.node_infoset, strict=True) if i == infoset}
    step = f", step {times.pop() + 1}" if len(times) == 1 else ""
    return f"action {action} at the observation {tree.observations[infoset]!r}{step}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
