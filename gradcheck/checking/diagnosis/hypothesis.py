"""What may be wrong with a loss: at most two components replaced, and at most two terms added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import final

from gradcheck.causes.catalogue import MISTAKES, TERMS
from gradcheck.causes.component import Component, Feature, Form, Mistake
from gradcheck.causes.parts import Surrogate
from gradcheck.estimators.policy_gradients import Loss

#: In this order the parts of one hypothesis are named: as they stand in −average(score · weights).
_ORDER = (Component.SIGN, Component.SCORE, Component.WEIGHTS, Component.STEPS, Component.AVERAGE, Component.TERM)


@final
@dataclass(frozen=True)
class Part:
    """A mistake in one of its forms.

    Attributes:
        mistake: of the catalogue.
        form: one of its forms.
        place: where it stands in the catalogue; the smaller, the simpler.
    """

    mistake: Mistake
    form: Form
    place: int

    @property
    def name(self) -> str:
        """Of the mistake."""
        return self.mistake.name

    def rank(self) -> tuple[bool, int]:
        """What a case has that others lack is the likelier culprit: first the mistakes that need it."""
        return (not self.mistake.features, self.place)


@final
@dataclass(frozen=True)
class Hypothesis:
    """Some mistakes at once, and the right components that are left.

    Attributes:
        replacements: mistakes that replace components, at most two.
        terms: mistakes that add something, at most two.
        right: forms that stand where nothing is replaced; a replacement goes before them. Without a replacement they
            are what the loss is but for its terms, none where that is the true gradient.
    """

    replacements: tuple[Part, ...]
    terms: tuple[Part, ...] = ()
    right: tuple[Form, ...] = ()

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All of them, in the order in which they stand in a loss."""
        first = {part: min(_ORDER.index(component) for component in part.form.takes) for part in self.replacements}
        return (*sorted(self.replacements, key=lambda part: (first[part], part.place)), *self.terms)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parts."""
        return tuple(part.name for part in self.parts)

    @property
    def rank(self) -> tuple[object, ...]:
        """The smaller, the simpler: fewest parts, then the catalogue; of single ones, first what needs a feature."""
        places = sorted(part.place for part in self.parts)
        alone = self.parts[0].rank() if len(self.parts) == 1 else ()
        return len(self.parts), alone, places

    @property
    def loss(self) -> Loss | None:
        """The loss without its terms; None where that is right, in whatever form."""
        return composed((*(part.form for part in self.replacements), *self.right))

    def mended(self, parts: tuple[Part, ...]) -> tuple[Loss | None, tuple[Part, ...]]:
        """The loss and the terms that are left once these parts are right."""
        kept = tuple(part.form for part in self.replacements if part not in parts)
        return composed((*kept, *self.right)), tuple(part for part in self.terms if part not in parts)


@cache
def composed(forms: tuple[Form, ...]) -> Loss | None:
    """The loss that is made of these forms; of two for one place the first counts. One object for equal forms.

    None of none: that is right in whatever form.
    """
    if not forms:
        return None
    own = next((form.loss for form in forms if form.loss is not None), None)
    negated = any(form.negated for form in forms)
    if own is not None:
        return (lambda policy, episodes: -own(policy, episodes)) if negated else own
    found = {
        "score": next((form.score for form in forms if form.score is not None), None),
        "weights": next((form.weights for form in forms if form.weights is not None), None),
        "steps": next((form.steps for form in forms if form.steps is not None), None),
        "average": next((form.average for form in forms if form.average is not None), None),
    }
    return Surrogate(**{name: part for name, part in found.items() if part is not None}, sign=1.0 if negated else -1.0)


@cache
def parts_asked(features: frozenset[Feature], *, terms: bool = False) -> tuple[Part, ...]:
    """The mistakes that are ones under these features, in all their forms, in the order of the catalogue."""
    catalogue = TERMS if terms else MISTAKES
    return tuple(
        Part(mistake, form, place)
        for place, (mistake, form) in enumerate((mistake, form) for mistake in catalogue for form in mistake.forms)
        if mistake.features <= features
    )


#: A negated loss, which is asked about along with every other hypothesis.
SIGN = next(part for part in parts_asked(frozenset()) if part.form.takes == frozenset({Component.SIGN}))
