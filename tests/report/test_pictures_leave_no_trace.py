"""matplotlib is optional, and drawing neither reads nor changes the user's settings."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gradcheck.report import pictures
from gradcheck.report.data import OneStep

ROOT = Path(__file__).resolve().parents[2]
STEP = OneStep((0.7, 0.3), (3.0, 10.0))
ACTIONS = ("left", "right")


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'^Pictures need matplotlib: pip install "gradcheck\[report\]"$'):
        pictures.draw_rectangles(STEP, ACTIONS)


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("from gradcheck.report import pictures", set()),
        ("import matplotlib.figure", {"matplotlib"}),
        (f"from gradcheck.report import pictures as p, data as d\np.draw_plane(d.{STEP}, {ACTIONS})", {"matplotlib"}),
        ("import matplotlib.pyplot", {"matplotlib", "matplotlib.pyplot"}),
    ],
    ids=["importing", "control: matplotlib", "drawing", "control: pyplot"],
)
def test_matplotlib_comes_with_the_first_picture_and_pyplot_never(code, imported):
    probe = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}\n"
    probe += "print(*sorted({'matplotlib', 'matplotlib.pyplot'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == imported


def test_the_users_settings_are_neither_changed_nor_read():
    def pixels():
        canvas = FigureCanvasAgg(pictures.draw_rectangles(STEP, ACTIONS))
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())

    usual = pixels()
    with mpl.rc_context({"figure.facecolor": "black", "text.color": "yellow", "lines.linewidth": 9, "font.size": 30}):
        before = dict(mpl.rcParams)
        unusual = pixels()
        assert dict(mpl.rcParams) == before
    assert (usual == unusual).all()


def test_the_background_is_white():
    canvas = FigureCanvasAgg(pictures.draw_rectangles(STEP, ACTIONS))
    canvas.draw()
    assert np.asarray(canvas.buffer_rgba())[0, 0].tolist() == [255, 255, 255, 255]
