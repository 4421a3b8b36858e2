"""A report computes on one thread, whatever torch was set to, and leaves that as it was, even where it fails."""

import pytest
import torch

from gradcheck import InvalidArgument, games
from gradcheck.estimators import log_prob
from gradcheck.report.data import make_report


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_it_computes_on_one_thread(three_threads, large_game):
    seen = set()

    def watched(policy, episodes):
        seen.add(torch.get_num_threads())
        return log_prob(policy, episodes)

    make_report(large_game, episodes=10, losses={"watched": watched})
    assert seen == {1}
    assert torch.get_num_threads() == 3


def test_an_error_changes_nothing_either(three_threads):
    with pytest.raises(InvalidArgument):
        make_report(games.robot(), games.robot_policy(), episodes=10, seed=-1)
    assert torch.get_num_threads() == 3


def test_control_without_a_report_there_are_three(three_threads):
    assert torch.get_num_threads() == 3
