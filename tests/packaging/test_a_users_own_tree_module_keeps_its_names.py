import pytest

pytestmark = pytest.mark.packaging

USE_BOTH = """
import gradcheck
from tree.game import TabularGame
import tree
assert TabularGame.__module__ == "tree.game"
assert tree.height == 3 and tree.__file__.endswith("tree.py"), tree.__file__
"""


def test_a_tree_py_in_the_working_folder_and_our_tree_both_work(environment, wheel, tmp_path):
    environment.pip("install", "--no-deps", wheel)
    folder = tmp_path / "users"
    folder.mkdir()
    (folder / "tree.py").write_text("height = 3\n")
    done = environment.run("-c", USE_BOTH, cwd=folder)
    assert done.returncode == 0, done.stderr
