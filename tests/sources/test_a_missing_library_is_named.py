"""Without Gymnasium or OpenSpiel, the error says what to install; whatever needs neither works."""

import subprocess
import sys

import pytest

from gradcheck import expected_return
from gradcheck.tree.games.blackjack import blackjack
from gradcheck.tree.sources.from_gymnasium import from_gymnasium
from gradcheck.tree.sources.from_openspiel import from_openspiel

MISSING = {
    "gymnasium": (
        lambda: from_gymnasium("FrozenLake-v1"),
        'These games need gymnasium: pip install "gradcheck[gymnasium]"',
    ),
    "pyspiel": (lambda: from_openspiel("kuhn_poker"), 'These games need pyspiel: pip install "gradcheck[openspiel]"'),
}


@pytest.mark.parametrize("module", MISSING)
def test_the_extra_is_named(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # as Python marks what must not be imported
    call, message = MISSING[module]
    with pytest.raises(ImportError) as caught:
        call()
    assert str(caught.value) == message


def test_blackjack_needs_no_gymnasium(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    game = blackjack()
    assert expected_return(game, dict.fromkeys(game.observations.values(), (1, 0))) < 0


def test_the_adapters_import_neither():
    code = (
        "import gradcheck, sys, tree.sources.from_gymnasium, tree.sources.from_openspiel; "
        "print({'gymnasium', 'pyspiel', 'open_spiel', 'torch', 'sympy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_control_with_them_the_same_calls_work():
    for call, _ in MISSING.values():
        assert call().num_actions > 1
