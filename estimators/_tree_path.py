"""Let `tree.game` be found even where another distribution owns the name `tree`.

Our `tree/` has no `__init__.py`, so that it can share a site-packages folder with dm-tree, whose import name
is `tree` too. Where the two lie in different folders (a bare checkout, `--target` folders, a user's own
`tree.py`), `import tree` finds only the other one. Appending our folder to its search path makes `tree.game`
importable and leaves the other's names alone.

`estimators/__init__.py` imports this module before anything of `tree`, and `gradcheck/__init__.py` imports
`estimators` first. It lives here because `estimators` is the lowest of our packages with an `__init__.py`.
"""

import os.path

try:
    import tree
except ImportError as error:
    raise ImportError(
        f"Expected `import tree` to succeed but got {type(error).__name__}: {error}. gradcheck shares the "
        "name `tree` with dm-tree, whose code runs first where installed: reinstall or uninstall dm-tree."
    ) from error

_OURS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tree")
_KNOWN = list(getattr(tree, "__path__", ()))
if _OURS not in _KNOWN:
    tree.__path__ = [*_KNOWN, _OURS]
