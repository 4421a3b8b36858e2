"""Dm-tree, imported as `tree`, and gradcheck are installed in either order, either is removed, and both work."""

from textwrap import dedent

import pytest

pytestmark = pytest.mark.packaging

DM_TREE = ("--no-compile", "dm-tree")  # with NumPy, which takes long to compile
USES_DM_TREE = """
    import importlib.metadata, pathlib, tree
    theirs = importlib.metadata.distribution("dm-tree").locate_file("tree/__init__.py")
    assert pathlib.Path(tree.__file__).samefile(theirs), tree.__file__
    assert tree.map_structure(lambda leaf: leaf + 1, {"a": [1, 2]}) == {"a": [2, 3]}
"""
USES_GRADCHECK = """
    import gradcheck, gradcheck.tree.game
    assert gradcheck.TabularGame.__module__ == "gradcheck.tree.game"
"""


def works(environment, program):
    done = environment.run("-c", dedent(program))
    return done.returncode == 0, done.stderr


WORKS = (True, "")


def test_gradcheck_after_dm_tree_and_removed_again(make_environment, wheel):
    environment = make_environment(DM_TREE, ("--no-deps", wheel))
    assert works(environment, USES_DM_TREE) == WORKS
    assert works(environment, USES_GRADCHECK) == WORKS
    assert works(environment, USES_DM_TREE + USES_GRADCHECK) == WORKS
    environment.uninstall("gradcheck")
    assert works(environment, USES_DM_TREE) == WORKS
    assert works(environment, USES_GRADCHECK)[0] is False


def test_dm_tree_after_gradcheck_installed_in_place_and_removed_again(make_environment, copy_project):
    environment = make_environment(("--no-deps", "--editable", copy_project()), DM_TREE)
    assert works(environment, USES_DM_TREE) == WORKS
    assert works(environment, USES_GRADCHECK) == WORKS
    assert works(environment, USES_GRADCHECK + USES_DM_TREE) == WORKS
    environment.uninstall("dm-tree")
    assert works(environment, USES_GRADCHECK) == WORKS
    assert works(environment, USES_DM_TREE)[0] is False


def test_dm_tree_after_our_wheel(make_environment, wheel):
    environment = make_environment(("--no-deps", wheel), DM_TREE)
    assert works(environment, USES_DM_TREE + USES_GRADCHECK) == WORKS


def test_control_a_package_that_installs_a_tree_of_its_own_is_noticed(make_environment, copy_project, build_wheel):
    project = copy_project()
    configuration = project / "pyproject.toml"
    configuration.write_text(configuration.read_text().replace('"gradcheck*"', '"gradcheck*", "tree*"'))
    environment = make_environment(DM_TREE, ("--no-deps", build_wheel(project)))
    assert works(environment, USES_DM_TREE)[0] is False
