import pytest

pytestmark = pytest.mark.packaging


@pytest.mark.parametrize("order", ["dm-tree first", "gradcheck first", "one command"])
def test_both_work_whichever_came_first(order, environment, wheel, wheelhouse):
    if order == "one command":
        dm_tree_wheels = [path for path in wheelhouse.glob("*.whl") if not path.name.startswith("setuptools")]
        environment.pip("install", "--no-deps", wheel, *dm_tree_wheels)
    elif order == "dm-tree first":
        environment.install_dm_tree()
        environment.pip("install", "--no-deps", wheel)
    else:
        environment.pip("install", "--no-deps", wheel)
        environment.install_dm_tree()
    assert environment.works("dm-tree")
    assert environment.works("gradcheck")
    assert environment.works("bare tree.game")
