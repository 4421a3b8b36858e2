"""From ``MODULE:NAME`` or ``FILE.py:NAME`` on a command line to the object, with one line for whatever goes wrong."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from gradcheck.tree.errors import InvalidArgument, invalid, shown
from gradcheck.tree.user_code import user_code
from gradcheck.tree.validation.arguments import close_names, did_you_mean

_FILE = ".py"


def find(text: str, option: str, example: str) -> object:
    """Import the module, or run the file, and look the name up.

    The current folder can be imported from, and so can that of the file.

    Args:
        text: what was typed.
        option: behind which option, for messages.
        example: of what could have been meant, for messages.

    Raises:
        InvalidArgument: if there is no such module, file or name, or the module itself fails.
    """
    place, colon, path = text.rpartition(":")
    if not (colon and place and path):
        raise invalid("MODULE:FUNCTION or FILE.py:FUNCTION", option, text, f"For example {example}.")
    module = _from_file(place, text, option) if place.endswith(_FILE) else _from_module(place, text, option)
    found: object = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise invalid(f"a name in {place}", option, text, _near(name, found)) from None
    return found


@contextmanager
def one_line(expected: str, name: str, value: object) -> Iterator[None]:
    """Make any error of a user's code an InvalidArgument that quotes its last line and says where it was raised."""

    def translate(error: BaseException) -> Exception:
        return error if isinstance(error, InvalidArgument) else invalid(expected, name, value, describe(error))

    try:
        with user_code(translate):
            yield
    except SystemExit as error:
        raise translate(error) from error


def describe(error: BaseException) -> str:
    """The last line of a traceback, where it was raised in the user's own code, and what was noted about it.

    >>> describe(KeyError("key"))
    "KeyError: 'key'."
    """
    text = error.msg if isinstance(error, SyntaxError) else error
    said = f"{type(error).__name__}: {shown(text, str)}".removesuffix(": ").removesuffix(".")
    where = _where(error)
    notes = (shown(note, str) for note in getattr(error, "__notes__", ()))
    return " ".join([f"{said} ({where})." if where else f"{said}.", *notes])


def _where(error: BaseException) -> str:
    """The deepest place that is not in a library: libraries raise for the mistakes of those who call them."""
    if isinstance(error, SyntaxError):  # raised by the compiler, about
        return f"{_short(error.filename or '')}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    libraries = (*_libraries(), "<")  # "<frozen importlib._bootstrap>"
    own = [frame for frame in frames if not frame.filename.startswith(libraries)]
    if not own:
        return ""
    line = f": {own[-1].line}" if own[-1].line else ""
    return f"{_short(own[-1].filename)}, line {own[-1].lineno}{line}"


def _libraries() -> Iterator[str]:
    root = Path(__file__).resolve().parents[2]
    paths = sysconfig.get_paths()
    yield from (f"{root / name}{os.sep}" for name in ("estimators", "gradcheck", "tree"))
    yield from (f"{paths[kind]}{os.sep}" for kind in ("stdlib", "platstdlib", "purelib", "platlib"))


def _short(path: str) -> str:
    """Relative to the current folder, where it lies below."""
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def _from_file(place: str, text: str, option: str) -> ModuleType:
    path = Path(place)
    if not path.is_file():
        raise invalid("a file that exists", option, text, _near_files(path))
    _can_import_from(path.resolve().parent)
    # A file may be called like a module that is there already, such as random.py.
    name = path.stem if path.stem not in sys.modules else f"_checked_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise invalid("a Python file", option, text)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there for the module they are made in
    with one_line("a file that runs", option, text):
        spec.loader.exec_module(module)
    return module


def _from_module(place: str, text: str, option: str) -> ModuleType:
    _can_import_from(Path.cwd())
    with one_line("a module that can be imported", option, text):
        try:
            return importlib.import_module(place)
        except ModuleNotFoundError as error:
            # Only the module itself: what it imports in vain is its own mistake, and is quoted.
            if error.name is None or not (place == error.name or place.startswith(f"{error.name}.")):
                raise
    raise invalid("a module that can be imported", option, text, _near_files(Path(f"{place}{_FILE}"), _stem))


def _can_import_from(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _stem(path: Path) -> str:
    return path.name.removesuffix(_FILE)


def _near_files(path: Path, show: Callable[[Path], str] = lambda path: path.name) -> str:
    """Files of nearly that name in the folder where it should be."""
    try:
        others = {show(other): other for other in path.parent.glob(f"*{_FILE}")}
    except OSError:
        others = {}
    folder = shown(str(path.parent.resolve()), str)
    return did_you_mean(close_names(show(path), others), f"There is none in {folder}.")


def _near(name: str, holder: object) -> str:
    public = [known for known in getattr(holder, "__dict__", ()) if not known.startswith("_")]
    if near := close_names(name, public):
        return did_you_mean(near)
    home = getattr(holder, "__name__", None)
    own = [known for known in public if getattr(getattr(holder, known), "__module__", None) == home]
    return f"It has {shown(', '.join(own), str)}." if own else ""
