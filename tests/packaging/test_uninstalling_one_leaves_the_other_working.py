import pytest

pytestmark = pytest.mark.packaging
ORDERS = [("dm-tree", "gradcheck"), ("gradcheck", "dm-tree")]


@pytest.fixture
def both_installed(environment):
    def install(wheel, order):
        for name in order:
            if name == "dm-tree":
                environment.install_dm_tree()
            else:
                environment.pip("install", "--no-deps", wheel)
        return environment

    return install


@pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
@pytest.mark.parametrize("removed", ["dm-tree", "gradcheck"])
def test_the_one_that_stays_still_works(both_installed, wheel, order, removed):
    environment = both_installed(wheel, order)
    environment.pip("uninstall", "--yes", removed)
    assert not environment.works(removed)
    assert environment.works("gradcheck" if removed == "dm-tree" else "dm-tree")


@pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
def test_with_an_init_in_tree_uninstalling_would_break_dm_tree(both_installed, project, build_wheel, order):
    (project / "tree" / "__init__.py").touch()
    environment = both_installed(build_wheel(project), order)
    environment.pip("uninstall", "--yes", "gradcheck")
    assert not environment.works("dm-tree")
