import pytest

pytestmark = pytest.mark.packaging


def test_the_command_line_answers_from_a_checkout_that_is_not_installed(dm_tree_environment, project):
    done = dm_tree_environment.run("-m", "gradcheck", "--help", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_both_work_from_a_checkout_that_is_not_installed(dm_tree_environment, project):
    assert dm_tree_environment.works("gradcheck", path=[project])
    assert dm_tree_environment.works("dm-tree", path=[project])
