import zipfile

import pytest

pytestmark = pytest.mark.packaging


def test_a_wheel_built_from_the_source_distribution_has_the_same_files(wheel, build_wheel, project, environment):
    environment.pip("install", "setuptools")
    backend = "from setuptools import build_meta; build_meta.build_sdist('dist')"
    done = environment.run("-c", backend, cwd=project)
    assert done.returncode == 0, done.stderr
    (source_distribution,) = (project / "dist").glob("*.tar.gz")
    again = build_wheel(source_distribution)
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())
