"""The JSON depends on the seed and on nothing else: byte for byte the same, or different."""

import json
import re


def test_the_same_seed_in_another_process_gives_the_same_bytes(report):
    assert report(2000, attempt=1)[1] == report(2000, attempt=2)[1]


def test_the_same_seed_prints_the_same(report):
    """The seconds in the last line aside."""
    first, second = (report(2000, attempt=attempt)[0].out for attempt in (1, 2))
    seconds = re.compile(r"\d+\.\d seconds")
    assert seconds.search(first)
    assert seconds.sub("", first) == seconds.sub("", second)


def test_control_another_seed_gives_other_estimates_of_the_same_truth(report):
    first, second = (json.loads(report(2000, seed)[1]) for seed in (0, 1))
    assert first["expected_return"] == second["expected_return"]
    assert first["finite_batch"] == second["finite_batch"]
    for one, other in zip(first["variables"], second["variables"], strict=True):
        assert one["exact"] == other["exact"]
        if one["partial_R"]:  # where the estimate is not 0 for every sample
            assert one["estimates"] != other["estimates"]
