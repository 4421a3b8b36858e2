"""Text files: read within bounds, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gradcheck.tree.errors import invalid

#: 150,000 transitions. Reading so much takes half a minute and 1 GiB at worst (TOML that holds nothing but headers).
MAX_BYTES = 16 * 2**20
_LONGEST_PATH = 100  # characters in a message
_TEMPORARY = ".gradcheck-"  # how the names of temporary files begin


def path_of(path: object) -> Path:
    """Read the path of a file.

    Raises:
        InvalidArgument: if it is no path.
    """
    given = os.fspath(path) if isinstance(path, os.PathLike) else path
    try:
        if isinstance(given, str) and given and b"\0" not in os.fsencode(given):
            return Path(given)
    except UnicodeEncodeError:  # text that no name of a file can be
        pass
    raise invalid("the path of a file", "path", path)


def read_text(path: Path) -> str:
    """Read a file in UTF-8, with or without a byte order mark.

    Raises:
        InvalidArgument: if there is no such file, it cannot be read, is a folder, a pipe or a device, is larger than
            ``MAX_BYTES``, or is not in UTF-8.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise invalid("a regular file", "path", short(path), "It is a pipe or a device.")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise invalid("a file that can be read", "path", short(path), _reason(error)) from error
    _refuse_too_large(data, path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        hint = f"Line {line} has a byte that is not ({data[error.start]:#04x}): save the file as UTF-8."
        raise invalid("a file in UTF-8", "path", short(path), hint) from error


def write_text(text: str, path: Path) -> None:
    """Write a file in UTF-8: the whole of it, or nothing. Symbolic links stay links, and permissions stay as they are.

    Raises:
        InvalidArgument: if the path cannot be written, is a folder, a pipe or a device, or the file would be too large
            to be read again.
    """
    _refuse_too_large(text.encode(), path)
    try:
        target = path.resolve()
        exists = target.exists()
        if exists and not target.is_file():
            what = "It is a folder." if target.is_dir() else "It is a pipe or a device."
            raise invalid("a regular file", "path", short(path), what)
        if exists and not os.access(target, os.W_OK):  # to replace it, its folder would be asked alone
            raise invalid("a file that can be written", "path", short(path), "It is read-only.")
        _replace(target, [text])
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise invalid("a file that can be written", "path", short(path), _reason(error)) from error


def check_writable(path: str | Path, name: str) -> Path:
    """Refuse, before any work is done, a path that cannot be written.

    Args:
        path: of a file, or of a device or a pipe, such as /dev/stdout.
        name: of the option or argument that gave it, for messages.

    Returns:
        The file that will be written, symbolic links followed.

    Raises:
        InvalidArgument: if it is a folder, or its folder does not exist or cannot be written.
    """
    given = str(path)
    try:
        target = Path(path)
        if not given or target.is_dir():
            raise invalid("the path of a file", name, given, "It is a folder." if given else "It is empty.")
        if _is_special(target):
            return target  # as it is: where /dev/stdout leads to may have no path of its own
        target = target.resolve()
        if not target.parent.is_dir():
            raise invalid("a file in a folder that exists", name, given, "Make the folder first.")
        if target.exists() and not os.access(target, os.W_OK):
            raise invalid("a file that can be written", name, given, "It is read-only.")
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=_TEMPORARY):
            pass  # permissions do not tell for sure, and for some users not at all
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise invalid("a file that can be written", name, given, _reason(error)) from error
    return target


def write_parts(parts: Iterable[str], path: str | Path, name: str) -> None:
    """Write a text, or the parts of one, one after another: the whole file, or none of it.

    A device or a pipe is written to, where a file is replaced.

    Args:
        parts: of the text.
        path: of a file, or of a device or a pipe, such as /dev/stdout.
        name: of the option or argument that gave it, for messages.

    Raises:
        InvalidArgument: if the path cannot be written.
    """
    target = check_writable(path, name)
    try:
        if _is_special(target):
            with target.open("w", encoding="utf-8") as file:
                file.writelines(parts)
        else:
            _replace(target, parts)
    except OSError as error:
        raise invalid("a file that can be written", name, str(path), _reason(error)) from error


def _replace(target: Path, parts: Iterable[str]) -> None:
    """Write a temporary file beside the target and put it in its place: nobody ever sees a part of it."""
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=_TEMPORARY, delete=False
        ) as file:
            temporary = Path(file.name)
            file.writelines(parts)
        temporary.chmod(mode)  # temporary files are private
        temporary.replace(target)
        temporary = None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _is_special(target: Path) -> bool:
    """Whether it is a device or a pipe."""
    return target.exists() and not target.is_file()


def short(path: Path) -> str:
    """A path for a message: the end of a long one says more than its beginning."""
    name = str(path)
    return name if len(name) <= _LONGEST_PATH else f"…{name[-_LONGEST_PATH:]}"


def _open_without_waiting(name: str, flags: int) -> int:
    """Opening a pipe would wait for somebody to write into it."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_too_large(data: bytes, path: Path) -> None:
    if len(data) > MAX_BYTES:
        raise invalid(f"a file of at most {MAX_BYTES // 2**20} MiB", "path", short(path))


def _reason(error: OSError | RuntimeError) -> str:
    """Without the name of the file, which may be a temporary one."""
    return f"{getattr(error, 'strerror', None) or error}."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
