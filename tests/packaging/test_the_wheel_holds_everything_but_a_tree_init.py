import zipfile

import pytest

pytestmark = pytest.mark.packaging
PACKAGES = ("gradcheck", "estimators", "tree")


def contents(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    return {name for name in names if ".dist-info/" not in name}


def test_the_wheel_holds_every_file_of_the_three_packages_but_the_stub(wheel, project):
    files = {path for package in PACKAGES for path in (project / package).rglob("*") if path.is_file()}
    assert contents(wheel) == {path.relative_to(project).as_posix() for path in files} - {"tree/__init__.pyi"}


def test_the_wheel_has_no_init_and_no_stub_in_tree(wheel):
    assert "tree/game.py" in contents(wheel)
    assert "tree/__init__.py" not in contents(wheel)
    assert not [name for name in contents(wheel) if name.endswith(".pyi")]


def test_each_of_the_three_packages_says_that_it_is_typed(wheel):
    assert {f"{package}/py.typed" for package in PACKAGES} <= contents(wheel)


def test_the_wheel_carries_its_licence_and_its_console_script(wheel):
    archive = zipfile.ZipFile(wheel)
    (licence,) = (name for name in archive.namelist() if name.endswith("LICENSE"))
    assert archive.read(licence).startswith(b"MIT License")
    (scripts,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "gradcheck = gradcheck.cli.main:main" in archive.read(scripts).decode()
