import pytest

pytestmark = pytest.mark.packaging


def test_importing_gradcheck_beside_a_broken_dm_tree_says_which_package_to_mend(environment, wheel, tmp_path):
    environment.pip("install", "--no-deps", wheel)
    broken = tmp_path / "broken" / "tree"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('libtree is missing')\n")
    done = environment.run("-c", "import gradcheck", path=[broken.parent])
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError: ")
    assert "dm-tree" in message
    assert "libtree is missing" in message
