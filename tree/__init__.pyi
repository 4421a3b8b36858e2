"""Tells type checkers that `tree` is a package; `estimators/_tree_path.py` says why it has no init."""
