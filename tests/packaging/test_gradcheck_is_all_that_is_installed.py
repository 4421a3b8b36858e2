"""Installing makes one name importable, and wheel and source distribution hold every file of the package.

`gradcheck/tree` and `gradcheck/estimators` are symbolic links in the repository. In what is built of it they are
folders with files, so that nobody who installs needs links.
"""

import tarfile
import zipfile

import pytest

from tests.packaging.conftest import checked

pytestmark = pytest.mark.packaging

LINKED = ("tree", "estimators")


@pytest.fixture(scope="module")
def package(copy_project):
    """What is to be distributed: the path and the content of every file, links followed."""
    root = copy_project()
    assert all((root / "gradcheck" / name).is_symlink() for name in LINKED)
    folders = [root / "gradcheck", *(root / "gradcheck" / name for name in LINKED)]
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def importable_names(paths):
    """Of what lies in one folder: modules, and folders with a module somewhere below."""
    return {path.split("/")[0].removesuffix(".py") for path in paths if path.endswith((".py", ".pyi", ".so", ".pyd"))}


def files_of_wheel(wheel):
    archive = zipfile.ZipFile(wheel)
    return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def files_of_source_distribution(path):
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if not member.isdir()]
        assert all(member.isfile() for member in members), "a link"
        return {member.name.partition("/")[2]: archive.extractfile(member).read() for member in members}


def test_the_wheel_holds_the_package_and_nothing_else(wheel, package):
    assert importable_names(files_of_wheel(wheel)) == {"gradcheck"}
    assert files_of_wheel(wheel) == package


def test_the_source_distribution_holds_the_package_and_no_other_name(source_distribution, package):
    files = files_of_source_distribution(source_distribution)
    assert importable_names(files) == {"gradcheck"}
    assert {name: text for name, text in files.items() if name.startswith("gradcheck/")} == package


def test_the_source_distribution_builds_the_same_wheel(source_distribution, build_wheel, wheel):
    again = build_wheel(source_distribution)
    assert files_of_wheel(again) == files_of_wheel(wheel)
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "path",
    [
        "gradcheck/tree/game.py",
        "gradcheck/estimators/episodes.py",
        "gradcheck/py.typed",
        "gradcheck/report/schema.json",
        "gradcheck/tree/sources/game.schema.json",
        "gradcheck/checking/rendering/schema.json",
    ],
)
def test_the_wheel_holds_code_and_data(path, wheel):
    assert path in files_of_wheel(wheel)


def test_the_wheel_carries_its_licence_and_its_entry_points(wheel):
    archive = zipfile.ZipFile(wheel)
    (licence,) = (name for name in archive.namelist() if name.endswith("LICENSE"))
    assert archive.read(licence).startswith(b"MIT License")
    (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    declared = archive.read(entry_points).decode()
    assert "gradcheck = gradcheck.cli.main:main" in declared
    assert "gradcheck = gradcheck:__class__" in declared


def test_control_a_second_package_and_a_missing_file_are_noticed(copy_project, build_wheel, package):
    project = copy_project()
    configuration = project / "pyproject.toml"
    text = configuration.read_text()
    assert '"gradcheck*"' in text
    assert '"*.json"' in text
    configuration.write_text(text.replace('"gradcheck*"', '"gradcheck*", "tree*"').replace('"*.json"', '"*.yaml"'))
    files = files_of_wheel(build_wheel(project))
    assert importable_names(files) == {"gradcheck", "tree"}
    assert {path for path in package if path not in files} == {path for path in package if path.endswith(".json")}


def test_what_is_installed_can_be_imported_under_one_name(make_environment, wheel):
    """Names of site-packages, as Python's own finders list them; the control is the environment with nothing in it."""
    listing = "import pkgutil; print(*(found.name for found in pkgutil.iter_modules()))"
    environment = make_environment()
    before = set(checked(environment.run("-c", listing)).stdout.split())
    environment.install("--no-deps", wheel)
    assert set(checked(environment.run("-c", listing)).stdout.split()) - before == {"gradcheck"}
