"""Losses that no verdict can be about: random ones, those that keep something between calls, constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor

from gradcheck.checking.expectation.loss_gradient import LossGradient
from gradcheck.checking.expectation.loss_watch import LossWatch
from gradcheck.checking.expectation.precision import watched
from gradcheck.document.numbers import listed, short_vector
from gradcheck.estimators.episodes import Episodes
from gradcheck.tree.errors import InvalidArgument, invalid

_TRIALS = 8  # batches on which a loss that may make generators anew is asked twice


@contextmanager
def audited(gradient: LossGradient, random_batch: Callable[[], Episodes]) -> Iterator[None]:
    """Refuse a loss that no verdict can be about: before anything is enumerated, and again when all is.

    Args:
        gradient: of the loss; it learns how precisely the loss computes.
        random_batch: one of the batches there are, another one each time.

    Raises:
        InvalidArgument: if the loss draws random numbers, answers differently when it is asked again, never has a
            gradient, or computes in half precision.
    """
    generators, batch = gradient.generators, random_batch()
    with generators.kept():
        states = generators.states()
        with LossWatch() as watch, watched(gradient):
            answer = gradient.of(batch)
        sources = generators.drawn_from(states) or _made_anew(gradient, random_batch)
        if sources:
            raise _draws_numbers(gradient, sources)
        if watch.registers_hooks:
            gradient.look_at_each_batch()
        _refuse_if_changed(gradient, batch, answer)
        with watched(gradient):
            gradient.of(random_batch())  # what a loss keeps of another batch shows in the answer to the first
        _refuse_if_changed(gradient, batch, answer)
        try:
            yield
        except InvalidArgument:
            gradient.refuse_if_constant()  # that is the reason for whatever was refused
            raise
        _refuse_if_changed(gradient, batch, answer)
        gradient.refuse_if_constant()
        sources = generators.drawn_from(states)
        if sources:  # it drew numbers at times
            raise _draws_numbers(gradient, sources)


@contextmanager
def audited_while_random(gradient: LossGradient, random_batch: Callable[[], Episodes]) -> Iterator[None]:
    """The same for a loss that may draw random numbers: with the same ones, it has to answer the same.

    A loss that makes generators anew, with seeds of their own, cannot be asked again with the same numbers.

    Args:
        gradient: of the loss.
        random_batch: one of the batches there are.

    Raises:
        InvalidArgument: if the loss keeps something between calls, or never has a gradient.
    """
    generators, batch = gradient.generators, random_batch()
    with generators.kept():
        states = generators.states()
        with watched(gradient):
            answer = gradient.of(batch)

        def refuse_if_changed() -> None:
            if not generators.may_be_made_anew:
                now = generators.states()
                generators.set_states(states)
                _refuse_if_changed(gradient, batch, answer)
                generators.set_states(now)

        gradient.of(random_batch())
        refuse_if_changed()
        yield
        refuse_if_changed()
        gradient.refuse_if_constant()


def random_sources(gradient: LossGradient, batch: Episodes, random_batch: Callable[[], Episodes]) -> tuple[str, ...]:
    """In words, what the loss draws random numbers from; all generators that are known of are left as they were.

    Args:
        gradient: of the loss.
        batch: on which it is seen whether a generator is drawn from.
        random_batch: others, on which a loss that may make generators anew is asked twice.
    """
    generators = gradient.generators
    with generators.kept():
        before = generators.states()
        gradient.of(batch)
        return generators.drawn_from(before) or _made_anew(gradient, random_batch)


def _made_anew(gradient: LossGradient, random_batch: Callable[[], Episodes]) -> tuple[str, ...]:
    if gradient.generators.may_be_made_anew:
        batches = (random_batch() for _ in range(_TRIALS))
        if not all(gradient.same(gradient.of(other), gradient.of(other)) for other in batches):
            return ("a generator that it makes anew in each call, with a seed of its own",)
    return ()


def _draws_numbers(gradient: LossGradient, sources: tuple[str, ...]) -> InvalidArgument:
    hint = (
        f"It draws from {listed(sources)}. Everything random must be in the episodes; dropout is switched off by "
        "policy.eval(). Or give draws, the number of batches to sample: then the verdict is statistical."
    )
    return invalid("a loss that draws no random numbers", "loss", gradient.name, hint)


def _refuse_if_changed(gradient: LossGradient, batch: Episodes, first: Tensor) -> None:
    again = gradient.of(batch)
    if not gradient.same(again, first):
        then, now = short_vector(first.tolist()), short_vector(again.tolist())
        hint = (
            f"{gradient.where[:1].upper()}{gradient.where[1:]}, the same batch gave {then} and later {now}. A running "
            "mean, a counter or an optimiser's momentum lives on between calls: make it anew in each."
        )
        raise invalid("a loss that keeps nothing between calls", "loss", gradient.name, hint)
