import json

import pytest

pytestmark = pytest.mark.packaging

SHARED_FILES = """
import importlib.metadata, json
theirs, ours = (set(map(str, importlib.metadata.files(name))) for name in ("dm-tree", "gradcheck"))
assert "tree/__init__.py" in theirs and "tree/game.py" in ours
print(json.dumps(sorted(theirs & ours)))
"""


def shared_files(environment):
    done = environment.run("-P", "-c", SHARED_FILES)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_dm_tree_and_we_install_no_file_of_the_same_name(shared_environment):
    assert shared_files(shared_environment) == []


def test_with_an_init_in_tree_the_shared_file_would_be_found(project, build_wheel, environment):
    (project / "tree" / "__init__.py").touch()
    environment.install_dm_tree()
    environment.pip("install", "--no-deps", build_wheel(project))
    assert shared_files(environment) == ["tree/__init__.py"]
