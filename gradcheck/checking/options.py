"""The options of ``check``: each is named, described and validated here, once.

The signature of ``check``, the command line and the table in the README are made from the fields of ``CheckOptions``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, TypeAlias, TypedDict, final, get_args

from gradcheck.checking.budgets import MOST_BATCHES
from gradcheck.checking.names import COLLECTING, Accept, ConditionName, ReferenceName, joined
from gradcheck.checking.verdict import Verdict
from gradcheck.tree.errors import invalid
from gradcheck.tree.rationals import as_rational, number
from gradcheck.tree.types import NumberLike
from gradcheck.tree.validation.arguments import discount_of, whole_number

Collect: TypeAlias = Literal["episodes", "steps", "groups"]

#: What the policies of the battery can be asked to return.
POLICY_OUTPUTS = ("logits", "categorical", "logits_and_value")

_CONDITIONS = get_args(ConditionName)
_REFERENCES = get_args(ReferenceName)
_ACCEPTED = tuple(Verdict(name) for name in get_args(Accept))
_COLLECTS: Mapping[str, str] = {"episodes": "complete_episodes", "steps": "fixed_steps", "groups": "groups"}


class AssertOptionsDict(TypedDict, total=False):
    """The options of ``assert_*`` as they are given, for editors and type checkers; ``CheckOptions`` describes them."""

    batch: int | tuple[int, int]
    conditions: str | Sequence[str] | None
    collect: Collect | None
    reference: ReferenceName
    objective: Callable[..., Any] | None
    behaviour: Any
    discount: NumberLike
    learning_rate: float | None
    counterexample: bool
    all_conditions: bool
    search: float
    max_batches: int
    draws: int | None
    seed: int


class CheckOptionsDict(AssertOptionsDict, total=False):
    """The options of ``check``."""

    accept: Accept


@final
@dataclass(frozen=True)
class Option:
    """What is known about one option besides its default.

    Attributes:
        read: what was given → what is used; it refuses what cannot be.
        help: what it does, in a sentence without a full stop.
        flag: of the command line, such as "--batch"; none where there is no such flag.
        metavar: what stands for its value in the help of the command line.
        flag_help: what it does, on the command line.
        least: of a whole number, the smallest.
        choices: of the command line.
    """

    read: Callable[[Any], Any]
    help: str
    flag: str = ""
    metavar: str | None = None
    flag_help: str = ""
    least: int | None = None
    choices: tuple[str, ...] = ()


def _about(read: Callable[[Any], Any], text: str, **on_the_command_line: Any) -> dict[str, Option]:
    return {"option": Option(read, text, **on_the_command_line)}


def _whole(name: str, least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        return whole_number(value, name, least)

    return read


def _or_none(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _batch(batch: object) -> int | tuple[int, int]:
    if isinstance(batch, tuple) and len(batch) == 2:
        return _whole("batch[0]", 1)(batch[0]), _whole("batch[1]", 1)(batch[1])
    if isinstance(batch, tuple | list):
        raise invalid("a number of episodes, or (groups, episodes in each)", "batch", batch)
    return _whole("batch", 1)(batch)


def _accept(accept: object) -> Verdict:
    if accept not in _ACCEPTED:
        raise invalid(f"one of {', '.join(_ACCEPTED)}", "accept", accept)
    return Verdict(accept)


def _conditions(conditions: object) -> tuple[str, ...]:
    names = (conditions,) if isinstance(conditions, str) else conditions
    if not isinstance(names, Sequence) or not names:
        raise invalid(f"one or more of {', '.join(_CONDITIONS)}", "conditions", conditions)
    if not all(isinstance(name, str) for name in names):
        raise invalid(f"conditions among {', '.join(_CONDITIONS)}", "conditions", conditions)
    return tuple(dict.fromkeys(joined([name]) for name in names))


def _collect(collect: object) -> str:
    if collect not in _COLLECTS:
        raise invalid(f"one of {', '.join(_COLLECTS)}", "collect", collect)
    return str(collect)


def _reference(reference: object) -> str:
    if reference not in _REFERENCES:
        raise invalid(f"one of {', '.join(_REFERENCES)}", "reference", reference)
    return str(reference)


def _objective(objective: object) -> object:
    if not callable(objective):
        raise invalid("a function objective(policy, episode)", "objective", objective)
    return objective


def _learning_rate(value: NumberLike) -> float:
    rate = float(number(value, "learning_rate"))
    if rate <= 0:
        raise invalid("a learning rate above 0", "learning_rate", value)
    return rate


def _seconds(value: NumberLike) -> float:
    seconds = float(number(value, "search"))
    if seconds < 0:
        raise invalid("a number of seconds, 0 or more", "search", value)
    return seconds


def _anything(value: Any) -> Any:
    return value


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class CheckOptions:
    """What ``check`` was asked, besides the loss, the game and the policy; ``read_options`` validates it.

    Every field is an option of ``check``, described by its ``Option``.
    """

    batch: int | tuple[int, int] = field(
        default=4,
        metadata=_about(
            _batch,
            "the number N of episodes (of steps, in a buffer of fixed size); (k, g) for k groups of g episodes",
            flag="--batch",
            metavar="N",
            flag_help="episodes in a batch; KxG: K groups of G; with --collect steps, steps (default: 4)",
        ),
    )
    accept: Verdict = field(
        default=Verdict.PROPORTIONAL,
        metadata=_about(
            _accept,
            'the least verdict that passes: "unbiased", "proportional" or "consistent"',
            flag="--accept",
            choices=get_args(Accept),
            flag_help="the least verdict that passes (default: proportional)",
        ),
    )
    conditions: tuple[str, ...] = field(
        default=("complete_episodes",),
        metadata=_about(
            _conditions,
            'those that decide the verdict, among "complete_episodes" (the default), "discounted", "fixed_steps", '
            '"groups", "moved_parameters", "micro_batches" and "illegal_actions", or several at once, as in '
            '"groups + moved_parameters"; the others are tried as well and reported in ``by_condition``',
            flag="--condition",
            metavar="NAME",
            flag_help="what the verdict is about, may be given several times: complete_episodes (default), discounted, "
            "fixed_steps, groups, moved_parameters, micro_batches, illegal_actions; joined by + for several at once",
        ),
    )
    collect: str | None = field(
        default=None,
        metadata=_about(
            _or_none(_collect),
            '"episodes", "steps" or "groups", a shorter way to name one of the conditions',
            flag="--collect",
            choices=get_args(Collect),
            flag_help="a shorter way to name the condition",
        ),
    )
    reference: str = field(
        default="return",
        metadata=_about(
            _reference,
            'what counts as true where another policy samples: "return", the gradient of the expected return at the '
            'parameters where the loss is evaluated; or "stepwise", that of the surrogate whose steps are '
            "importance-weighted one by one, as in PPO and TRPO before clipping",
            flag="--reference",
            choices=get_args(ReferenceName),
            flag_help="what counts as true where another policy samples (default: return)",
        ),
    )
    objective: Any = field(
        default=None,
        metadata=_about(
            _or_none(_objective),
            "``objective(policy, episode)``, what an episode is worth, where that is not its discounted return; see "
            "``gradcheck.objectives``",
        ),
    )
    behaviour: Any = field(
        default=None,
        metadata=_about(_anything, "the policy that samples, where it is not the one that is optimised; needs a game"),
    )
    discount: Fraction = field(
        default=Fraction(1, 2),
        metadata=_about(
            lambda value: as_rational(discount_of(value)),
            'of the probes under "discounted"',
            flag="--discount",
            metavar="D",
            flag_help="of the condition discounted, such as 0.9 or 9/10 (default: 1/2)",
        ),
    )
    learning_rate: float | None = field(
        default=None,
        metadata=_about(
            _or_none(_learning_rate),
            "of an optimiser that the loss makes and steps itself",
            flag="--learning-rate",
            metavar="LR",
            flag_help="of the SGD optimiser that the loss steps",
        ),
    )
    counterexample: bool = field(
        default=True,
        metadata=_about(
            bool,
            "whether to look for the smallest game on which the loss fails, if it fails",
            flag="--no-counterexample",
            flag_help="do not look for the smallest game that fails",
        ),
    )
    all_conditions: bool = field(
        default=True, metadata=_about(bool, "whether the conditions that do not decide the verdict are tried as well")
    )
    search: float = field(
        default=0.0,
        metadata=_about(
            _seconds,
            "how many seconds to go on with random games, policies and larger batches once the loss has passed, or, "
            "with a game that is given, with other tables and larger batches in it; what fails is made as small as can "
            "be, and decides the verdict",
            flag="--search",
            metavar="SECONDS",
            flag_help="once the loss has passed, go on with random games for so long (default: 0)",
        ),
    )
    max_batches: int = field(
        default=MOST_BATCHES,
        metadata=_about(_whole("max_batches", 1), "the most batches that are enumerated for one game at one size"),
    )
    draws: int | None = field(
        default=None,
        metadata=_about(
            _or_none(_whole("draws", 1)),
            "the most batches that are sampled for one game, where they cannot be enumerated: there are more than "
            "``max_batches``, or the loss draws random numbers. As long as no batch has a gradient beyond twice the "
            "range of those in a pilot, a right loss is then called wrong with probability 1e-6 at most, and one that "
            "is called right is within a tenth of the largest coordinate, with a confidence of 0.999. None refuses "
            "such losses",
            flag="--draws",
            least=1,
            metavar="N",
            flag_help="batches to sample where they cannot be enumerated: random losses, or too many of them (default: "
            "refuse)",
        ),
    )
    seed: int = field(
        default=0,
        metadata=_about(
            _whole("seed", 0),
            "of the battery's rewards and probabilities",
            flag="--seed",
            least=0,
            metavar="S",
            flag_help="of the battery (default: 0)",
        ),
    )

    @property
    def num_episodes(self) -> int:
        """N, of a batch of groups in all."""
        return self.batch[0] * self.batch[1] if isinstance(self.batch, tuple) else self.batch

    @property
    def num_groups(self) -> int:
        """k, of a batch of groups."""
        return self.batch[0] if isinstance(self.batch, tuple) else 2


def described() -> dict[str, tuple[dataclasses.Field[Any], Option]]:
    """{name: (field, what is known about it)} of every option."""
    return {one.name: (one, one.metadata["option"]) for one in dataclasses.fields(CheckOptions)}


def read_options(given: Mapping[str, Any]) -> CheckOptions:
    """Validate the options of ``check``.

    Args:
        given: by name; the others have their defaults.

    Raises:
        TypeError: if there is no such option, as for any other function.
        InvalidArgument: if one of them cannot be used.
    """
    known = described()
    for name in given:
        if name not in known:
            raise TypeError(f"check() got an unexpected keyword argument {name!r}")
    given = {name: value for name, value in given.items() if not (name == "conditions" and value is None)}
    values = {name: option.read(given.get(name, one.default)) for name, (one, option) in known.items()}
    if values["collect"] is not None:
        name = _COLLECTS[values["collect"]]
        if "conditions" in given:
            hint = f'collect="{values["collect"]}" means conditions=("{name}",).'
            raise invalid("either conditions or collect", "conditions", given["conditions"], hint)
        values["conditions"] = (name,)
    if isinstance(values["batch"], tuple):
        values["conditions"] = _in_groups(values["conditions"], given, values["batch"])
    if values["reference"] == "stepwise" and values["objective"] is not None:
        hint = "Steps are importance-weighted one by one in a surrogate of the return."
        raise invalid('reference="return" where an objective is given', "reference", "stepwise", hint)
    return CheckOptions(**values)


def _in_groups(names: tuple[str, ...], given: Mapping[str, Any], batch: tuple[int, int]) -> tuple[str, ...]:
    """The conditions asked for, for a batch of k groups of g: each that leaves open how batches are collected groups.

    Raises:
        InvalidArgument: if one of them collects batches in another way.
    """
    named = any(given.get(name) is not None for name in ("conditions", "collect"))
    for name in names if named else ():
        if (found := name.split(" + ")[0]) in COLLECTING and found != "groups":
            option = "collect" if given.get("collect") is not None else "conditions"
            hint = f"Leave {option} out, or name {name.replace(found, 'groups')}; or give a batch of one number."
            raise invalid(f"groups, of which batch={batch} means {batch[0]} of {batch[1]} episodes", option, name, hint)
    others = tuple(name for name in names if name != "complete_episodes")
    return tuple(dict.fromkeys(joined(["groups", *name.split(" + ")]) for name in others or ("groups",)))


def markdown_table() -> str:
    """The options as a table for the README.

    >>> print(markdown_table().splitlines()[-1])
    | `seed` | `0` | of the battery's rewards and probabilities |
    """
    rows = ["| option | default | what it does |", "| --- | --- | --- |"]
    for name, (field_, option) in described().items():
        default = f'"{field_.default}"' if isinstance(field_.default, str | Fraction) else repr(field_.default)
        rows.append(f"| `{name}` | `{default}` | {option.help.replace('``', '`')} |")
    return "\n".join(rows) + "\n"
