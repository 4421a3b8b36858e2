"""The excerpt of the report in the README is what the report prints, line by line; its examples run as doctests."""

import re
from pathlib import Path

import pytest
from torch.distributions import Categorical

from gradcheck import games
from gradcheck.document import plain_text as plain
from gradcheck.report.data import make_report
from gradcheck.report.text_report import document

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report():
    made = make_report(games.robot(), games.robot_policy(), episodes=1000, name="robot", actions=("left", "right"))
    return plain.render(document(made))


def excerpts(text):
    return re.findall(r"<!-- ci: excerpt of the report -->\n```text\n(.*?)```", text, flags=re.DOTALL)


def test_the_excerpt_is_in_the_report(report):
    (excerpt,) = excerpts(README)
    assert excerpt in report


def test_control_a_changed_number_would_be_noticed(report):
    (excerpt,) = excerpts(README.replace("-0.52", "-0.53"))
    assert excerpt not in report


def test_the_excerpt_of_a_check_is_what_it_prints():
    from gradcheck import check

    def my_loss(policy, episodes):
        log_probs = Categorical(logits=policy(episodes.observations)).log_prob(episodes.actions)
        return -(log_probs * episodes.rewards).sum() / episodes.num_episodes

    (excerpt,) = re.findall(r"<!-- ci: excerpt of a check -->\n```text\n(.*?)```", README, flags=re.DOTALL)
    page = str(check(my_loss, all_conditions=False))
    assert excerpt in page
    assert excerpt.replace("all 9 probes", "all 6 probes") not in page


def test_the_files_it_points_to_exist():
    root = Path(__file__).resolve().parents[1]
    for target in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (root / target).exists(), target
