"""Where git could make no symbolic links, importing says so; what was built of such a checkout says it, too."""

import pytest

pytestmark = pytest.mark.packaging


@pytest.fixture(scope="module")
def without_links(copy_project):
    """As git leaves it with `core.symlinks` set to false: each link is a file that holds where it would lead."""
    project = copy_project()
    for name in ("tree", "estimators"):
        link = project / "gradcheck" / name
        target = link.readlink()
        link.unlink()
        link.write_text(target.as_posix())
    return project


@pytest.fixture(scope="module")
def environment(make_environment):
    return make_environment()


def assert_told_what_to_do(done):
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert message.startswith("ImportError: gradcheck/tree is a symbolic link to ../tree in the repository")
    assert "git config core.symlinks true" in message


def test_importing_from_the_checkout_says_it(without_links, environment):
    assert_told_what_to_do(environment.run("-c", "import gradcheck", PYTHONPATH=str(without_links)))
    assert_told_what_to_do(environment.run("-m", "gradcheck", "--help", cwd=without_links))


def test_what_was_built_of_it_says_it(without_links, build_wheel, make_environment):
    environment = make_environment(("--no-deps", build_wheel(without_links)))
    assert_told_what_to_do(environment.run("-c", "import gradcheck"))


def test_control_with_the_links_or_with_what_was_built_of_them_it_is_imported(copy_project, wheel, environment):
    for place in (copy_project(), wheel):  # a wheel is a zip file, which Python can import from
        done = environment.run("-c", "import gradcheck.tree.game", PYTHONPATH=str(place))
        assert done.returncode == 0, done.stderr
