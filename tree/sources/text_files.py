"""Text files: read within bounds, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from gradcheck.tree.errors import invalid

#: 150,000 transitions. Reading so much takes half a minute and 1 GiB at worst (TOML that holds nothing but headers).
MAX_BYTES = 16 * 2**20
_LONGEST_PATH = 100  # characters in a message


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
        InvalidArgument: if the path cannot be written, or the file would be too large to be read again.
    """
    data = text.encode()
    _refuse_too_large(data, path)
    temporary: Path | None = None
    try:
        target = path.resolve()
        exists = target.exists()
        if exists and not target.is_file():
            what = "It is a folder." if target.is_dir() else "It is a pipe or a device."
            raise invalid("a regular file", "path", short(path), what)
        if exists and not os.access(target, os.W_OK):  # to replace it, its folder would be asked alone
            raise invalid("a file that can be written", "path", short(path), "It is read-only.")
        mode = target.stat().st_mode & 0o777 if exists else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".game-", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(mode)  # temporary files are private
        temporary.replace(target)
        temporary = None
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise invalid("a file that can be written", "path", short(path), _reason(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


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
