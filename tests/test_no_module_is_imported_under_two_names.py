"""A module loaded twice has two of each class, and `isinstance` fails between them.

Doctest collection imports every module by its file, which is where a second copy would come from, above all
through the links `gradcheck/tree` and `gradcheck/estimators`.
"""

import importlib.util
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = tuple(ROOT / name for name in ("gradcheck", "estimators", "tree"))


def misnamed():
    names_by_file = defaultdict(set)
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "nowhere")
        if name != "__main__" and any(folder in path.parents for folder in FOLDERS):
            names_by_file[path].add(name)
    return {path: names for path, names in names_by_file.items() if names != {canonical_name(path)}}


def canonical_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_module_of_ours_is_imported_under_its_own_name_only():
    import gradcheck
    import gradcheck.tree.game

    assert sys.modules["gradcheck"] is gradcheck
    assert sys.modules["gradcheck.tree.game"] is gradcheck.tree.game
    assert misnamed() == {}


def test_a_second_copy_would_be_found(monkeypatch):
    path = ROOT / "tree" / "game.py"
    spec = importlib.util.spec_from_file_location("game", path)
    monkeypatch.setitem(sys.modules, "game", importlib.util.module_from_spec(spec))
    assert "game" in misnamed()[path]
