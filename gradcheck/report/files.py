"""Writing a file whole or not at all, and knowing beforehand whether it can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gradcheck.tree.errors import invalid


def check_writable(path: str | Path) -> Path:
    """Refuse, before any work is done, a path that cannot be written.

    Returns:
        The file that will be written, symbolic links followed.

    Raises:
        InvalidArgument: if it is a folder, or its folder does not exist or cannot be written.
    """
    shown = str(path)
    try:
        target = Path(path)
        if not shown or target.is_dir():
            raise invalid("the path of a file", "--json", shown, "It is a folder." if shown else "It is empty.")
        if _is_special(target):
            return target  # as it is: where /dev/stdout leads to may have no path of its own
        target = target.resolve()
        if not target.parent.is_dir():
            raise invalid("a file in a folder that exists", "--json", shown, "Make the folder first.")
        if target.exists() and not os.access(target, os.W_OK):
            raise invalid("a file that can be written", "--json", shown, "It is read-only.")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".gradcheck-"):
            pass  # permissions do not tell for sure, and for some users not at all
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise invalid("a file that can be written", "--json", shown, _reason(error)) from error
    return target


def write(parts: Iterable[str], path: str | Path) -> None:
    """Write a text, or the parts of one, one after another: the whole file, or none of it.

    Raises:
        InvalidArgument: if the path cannot be written.
    """
    target = check_writable(path)
    temporary: Path | None = None
    try:
        if _is_special(target):
            with target.open("w", encoding="utf-8") as file:
                file.writelines(parts)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".gradcheck-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.writelines(parts)
        temporary.chmod(mode)  # temporary files are private, reports are not
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise invalid("a file that can be written", "--json", str(path), _reason(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _is_special(target: Path) -> bool:
    """A device or a pipe, such as /dev/stdout: it is written to, where a file is replaced."""
    return target.exists() and not target.is_file()


def _reason(error: OSError | RuntimeError) -> str:
    """Without the name of the file, which may be a temporary one."""
    return f"{getattr(error, 'strerror', None) or error}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
