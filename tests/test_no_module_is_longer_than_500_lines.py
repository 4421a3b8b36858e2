"""A module that outgrows one sitting is split along an idea; the median stays far below this limit."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("gradcheck", "estimators", "tree", "tests")
LIMIT = 500


def modules(root):
    return [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))]


def too_long(root):
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(root)}
    return {path.relative_to(root).as_posix(): n for path, n in lengths.items() if n > LIMIT}


def test_no_module_is_longer_than_500_lines():
    assert Path(__file__).resolve() in modules(ROOT)
    assert too_long(ROOT) == {}


def test_a_module_of_501_lines_would_be_found(tmp_path):
    folder = tmp_path / "tree" / "sources"
    folder.mkdir(parents=True)
    (folder / "at_the_limit.py").write_text("x = 1\n" * 500)
    (folder / "over.py").write_text("x = 1\n" * 501)
    assert too_long(tmp_path) == {"tree/sources/over.py": 501}
