import pytest

pytestmark = pytest.mark.packaging


@pytest.mark.parametrize("first", ["dm-tree", "gradcheck"])
def test_both_work_from_two_folders_on_the_path(first, environment, wheel, tmp_path):
    folders = {"dm-tree": tmp_path / "theirs", "gradcheck": tmp_path / "ours"}
    environment.pip("install", "--target", folders["dm-tree"], "dm-tree")
    environment.pip("install", "--target", folders["gradcheck"], "--no-deps", wheel)
    path = sorted(folders.values(), key=lambda folder: folder != folders[first])
    assert environment.works("gradcheck", path=path)
    assert environment.works("dm-tree", path=path)
