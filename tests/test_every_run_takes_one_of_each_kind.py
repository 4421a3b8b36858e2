"""What waits for the exhaustive run is more of what every run does: no kind of loss or mistake is left to it alone."""

import pytest
from hypothesis import settings

from tests.check.corpus import RIGHT, WRONG, kind
from tests.exhaustive import ALL_EXAMPLES, FIFTH, examples, exhaustive, one_of_each


def in_every_run(parameters):
    return [parameter.values[0] for parameter in parameters if not parameter.marks]


@pytest.mark.parametrize(
    ("values", "kind"),
    [(WRONG + RIGHT, kind), ("abcABC", str.lower), ([1, 2, 3], type), ([], type)],
    ids=["the corpus", "letters", "numbers", "nothing"],
)
def test_one_of_each_kind_and_the_rest_later(values, kind):
    parameters = one_of_each(values, kind)
    assert [parameter.values[0] for parameter in parameters] == list(values)
    kinds = [kind(value) for value in in_every_run(parameters)]
    assert kinds == list(dict.fromkeys(map(kind, values)))
    later = [parameter for parameter in parameters if parameter.marks]
    assert len(later) == len(values) - len(kinds)
    assert all(tuple(parameter.marks) == (exhaustive,) for parameter in later)


def test_the_corpus_has_few_kinds_and_many_losses():
    assert 30 <= len(in_every_run(one_of_each(WRONG + RIGHT, kind))) <= len(WRONG + RIGHT) / 3


def test_examples_are_all_or_a_fifth():
    default = settings.get_profile("gradcheck").max_examples
    assert default * FIFTH == settings.get_profile("exhaustive").max_examples == ALL_EXAMPLES
    share = settings.default.max_examples / ALL_EXAMPLES
    assert examples(200).max_examples == 200 * share
    assert examples(2).max_examples >= 1
