"""The pytest plugin: a fixture that checks losses, its marker and options, and a report of all that was checked.

Every test run of everybody who has gradcheck installed loads it. So loading it imports nothing of the product, let
alone torch, and leaves the name ``gradcheck`` as free as it was: tests of a project with a ``gradcheck.py`` find that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradcheck.checking.result import CheckResult

SCHEMA_VERSION = 1

_SEED, _REPORT = "--gradcheck-seed", "--gradcheck-report"
_RESULTS = pytest.StashKey[list[dict[str, Any]]]()  # of one test
_ATTRIBUTE = "gradcheck_results"  # of a report: pytest-xdist hands reports over with all their attributes
_ON_CONTROLLER = "gradcheck_checks"  # the name of the plugin that collects


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--gradcheck-seed`` and ``--gradcheck-report``; as the first hook to be called, it tidies up, too."""
    _forget_the_package()
    group = parser.getgroup("gradcheck", "expected gradients of losses")
    group.addoption(_SEED, type=int, metavar="N", help="the seed of every gradcheck_loss that gives none")
    group.addoption(_REPORT, metavar="PATH", help="write the results of every gradcheck_loss to a JSON file")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and what collects the results; refuse a report that could not be written."""
    config.addinivalue_line(
        "markers",
        "gradcheck(accept=…, batch=…, conditions=…): defaults for the fixture gradcheck_loss; any option of "
        "gradcheck.check but the loss itself",
    )
    path = config.getoption(_REPORT)
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist, whose reports go to the controller
        return
    if path is not None:
        _writable(path)
    config.pluginmanager.register(_Collected(path), _ON_CONTROLLER)


@pytest.fixture
def gradcheck_loss(request: pytest.FixtureRequest) -> Callable[..., CheckResult]:
    """Assert that the expected gradient of a loss is the true one: ``gradcheck_loss(loss, game, policy, batch=4, …)``.

    It takes what ``gradcheck.check`` takes, raises ``GradcheckError`` where the verdict is less than ``accept``, and
    returns the result otherwise. Defaults are those of ``@pytest.mark.gradcheck(…)`` and of ``--gradcheck-seed``.
    """
    node = request.node
    defaults = _defaults(node)
    seed = request.config.getoption(_SEED)
    if seed is not None:
        defaults.setdefault("seed", seed)

    def gradcheck_loss(loss: Callable[..., Any], *arguments: Any, **options: Any) -> CheckResult:
        __tracebackhide__ = True  # the failure is shown where the test asked
        from gradcheck import check
        from gradcheck.assertions import GradcheckError
        from gradcheck.checking.rendering.json_result import to_dict

        given = dict(zip(("game", "policy"), arguments))
        if len(arguments) > len(given):
            raise TypeError(f"gradcheck_loss takes a loss, a game and a policy but got {1 + len(arguments)} arguments")
        result = check(loss, **defaults | given | options)
        node.stash.setdefault(_RESULTS, []).append(to_dict(result))
        for name in ("verdict", "relative_bias", "scale"):
            # What record_property does, but for its warning about JUnit's xunit2 form, in which they arrive as well.
            node.user_properties.append((f"gradcheck_{name}", str(getattr(result, name))))
        if not result:
            raise GradcheckError(result)
        return result

    return gradcheck_loss


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what a test checked to its last report, when its fixtures are done, too."""
    report = yield
    results = item.stash.get(_RESULTS, None)
    if report.when == "teardown" and results:
        setattr(report, _ATTRIBUTE, results)
        del item.stash[_RESULTS]  # a test that is run again starts anew
    return report


class _Collected:
    """What was checked in the whole run, and what is said and written about it."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._checks: list[dict[str, Any]] = []
        self._trouble = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = getattr(report, _ATTRIBUTE, ())
        self._checks += [{"test": report.nodeid, "result": result} for result in found]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._path is None:
            return
        import json

        from gradcheck.tree.errors import InvalidArgument
        from gradcheck.tree.sources.text_files import write_parts

        document = {"schema_version": SCHEMA_VERSION, "checks": self._checks}
        try:
            text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
            write_parts([text, "\n"], self._path, _REPORT)
        except InvalidArgument as error:  # the disk is full, say; the summary is to be seen all the same
            self._trouble = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._checks and not self._trouble:
            return
        terminalreporter.section("gradcheck")
        if self._checks:
            terminalreporter.line(_summary([check["result"] for check in self._checks]))
        for check in self._checks:
            result = check["result"]
            if not result["passed"]:
                terminalreporter.line(
                    f"{check['test']}: {result['loss']} is {result['verdict']}, not {result['accept']}"
                )
        if self._path is not None:
            terminalreporter.line(self._trouble or f"written to {self._path}")


def _summary(results: list[dict[str, Any]]) -> str:
    counts: dict[str, int] = {}
    for result in results:
        counts[result["verdict"]] = counts.get(result["verdict"], 0) + 1
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    batches = sum(result["batches"] for result in results)
    seconds = sum(result["seconds"] for result in results)
    checks = "1 check" if len(results) == 1 else f"{len(results)} checks"
    return f"{checks}: {verdicts}; {batches:,} batches, {seconds:.1f} seconds"


def _defaults(node: pytest.Item) -> dict[str, Any]:
    """Of the markers of a test, its class and its module; the closest wins."""
    options: dict[str, Any] = {}
    for marker in node.iter_markers("gradcheck"):
        if marker.args:
            from gradcheck.tree.errors import invalid

            hint = "Write @pytest.mark.gradcheck(accept=…), and give the loss to the fixture gradcheck_loss."
            raise invalid("keyword arguments only", "pytest.mark.gradcheck", marker.args, hint)
        options = dict(marker.kwargs) | options
    return options


def _writable(path: str) -> None:
    from gradcheck.tree.errors import InvalidArgument
    from gradcheck.tree.sources.text_files import check_writable

    try:
        check_writable(path, _REPORT)
    except InvalidArgument as error:
        raise pytest.UsageError(str(error)) from None


def _forget_the_package() -> None:
    """Take ``gradcheck`` out of ``sys.modules``, unless it was used before pytest started.

    Who imports it next gets it anew, which takes no time, or gets the ``gradcheck.py`` that comes first on their path.
    Everything in the product stands on ``gradcheck.tree``: without it, nothing has been used.
    """
    if "gradcheck.tree" not in sys.modules:
        for name in [name for name in sys.modules if name.partition(".")[0] == "gradcheck"]:
            del sys.modules[name]
