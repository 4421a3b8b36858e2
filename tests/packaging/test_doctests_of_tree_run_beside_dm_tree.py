import pytest

pytestmark = pytest.mark.packaging

DOCTEST = '''
"""
>>> from tree.game import TabularGame
>>> TabularGame.__module__
'tree.game'
"""
'''
DM_TREE_STILL_WORKS = """
def test_the_name_tree_is_still_dm_tree_s():
    import tree

    assert tree.map_structure(abs, [-1, 1]) == [1, 1]
"""


@pytest.fixture
def run_pytest(environment, project):
    environment.install_dm_tree()
    environment.pip("install", "pytest")
    environment.pip("install", "--no-deps", "--editable", project)
    files = {"tree/documented.py": DOCTEST, "tests/test_dm_tree.py": DM_TREE_STILL_WORKS}
    (project / "tests").mkdir()
    for name, text in files.items():
        (project / name).write_text(text)
    return lambda: environment.run("-m", "pytest", *files, cwd=project).stdout


def test_doctests_of_our_tree_run_and_leave_the_name_to_dm_tree(run_pytest):
    assert "2 passed" in run_pytest()


def test_without_the_path_shim_the_name_would_be_lost(run_pytest, project):
    settings = project / "pyproject.toml"
    shim = '  "-p",\n  "estimators._tree_path",'
    assert shim in settings.read_text()
    # Nor through the pytest plugin of ours, which imports gradcheck and with it the shim.
    settings.write_text(settings.read_text().replace(shim, '  "-p",\n  "no:gradcheck",'))
    output = run_pytest()
    assert "1 failed, 1 passed" in output
    assert "module 'tree' has no attribute 'map_structure'" in output
