import pytest

pytestmark = pytest.mark.packaging


@pytest.mark.parametrize("dm_tree", ["before", "after"])
def test_both_work_with_the_project_installed_in_place(dm_tree, environment, project):
    if dm_tree == "before":
        environment.install_dm_tree()
    environment.pip("install", "--no-deps", "--editable", project)
    if dm_tree == "after":
        environment.install_dm_tree()
    assert environment.works("dm-tree")
    assert environment.works("gradcheck")
    assert environment.works("bare tree.game")

    environment.pip("uninstall", "--yes", "dm-tree")
    assert environment.works("gradcheck")
    assert environment.works("bare tree.game")
