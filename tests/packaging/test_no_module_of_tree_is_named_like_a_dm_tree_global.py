"""Importing `tree.flatten` would put that module in the place of dm-tree's function `tree.flatten`."""

import pytest

pytestmark = pytest.mark.packaging

NAMES = """
import pathlib, tree
print(*dir(tree), *(path.name.split(".")[0] for path in pathlib.Path(tree.__file__).parent.iterdir()))
"""


@pytest.fixture(scope="module")
def dm_tree_names(dm_tree_environment):
    done = dm_tree_environment.run("-P", "-c", NAMES)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split()) - {"__pycache__"}


def test_our_names_in_tree_and_those_of_dm_tree_are_disjoint(dm_tree_names, project):
    # Our `__init__.pyi` shares its stem with dm-tree's `__init__.py` but is not installed.
    ours = {path.stem for path in (project / "tree").iterdir()} - {"__init__"}
    assert "game" in ours
    assert ours & dm_tree_names == set()


def test_a_module_named_flatten_would_be_found(dm_tree_names):
    assert {"flatten", "map_structure", "sequence", "tree_test"} <= dm_tree_names
