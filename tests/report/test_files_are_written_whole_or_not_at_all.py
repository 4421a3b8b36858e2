"""A file is written as a whole or left as it was; its permissions, and links to it, stay."""

import pytest

from gradcheck import InvalidArgument
from gradcheck.tree.sources.text_files import check_writable, write_parts


def test_the_text_arrives(tmp_path):
    write_parts("Größe\n", tmp_path / "report.json", "--json")
    assert (tmp_path / "report.json").read_bytes() == "Größe\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_nothing_is_left_behind_where_writing_fails(tmp_path, monkeypatch):
    target = tmp_path / "report.json"
    target.write_text("precious")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(InvalidArgument, match="No space left"):
        write_parts("new", target, "--json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "precious"


def test_a_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "report.json", tmp_path / "latest.json"
    target.touch()
    target.chmod(0o600)
    link.symlink_to(target)
    write_parts("new", link, "--json")
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_text() == "new"


def test_asking_whether_it_can_be_written_leaves_no_trace(tmp_path):
    assert check_writable(tmp_path / "report.json", "--json") == tmp_path / "report.json"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--json", "--gradcheck-report"])
@pytest.mark.parametrize("path", ["", ".", "missing/report.json"])
def test_what_cannot_be_written_is_refused(tmp_path, monkeypatch, path, option):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match=f"got {option}='{path}'"):
        check_writable(path, option)
