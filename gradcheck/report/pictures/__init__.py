"""Pictures of the game, the theorem and its estimates, as matplotlib figures. Each takes its numbers from the objects.

matplotlib is optional: ``pip install "gradcheck[report]"``. It is imported when a picture is drawn, and its state (the
current figure, the user's settings) is neither read nor changed.
"""

from __future__ import annotations

from gradcheck.report.pictures.convergence import Convergence as Convergence
from gradcheck.report.pictures.convergence import converge as converge
from gradcheck.report.pictures.convergence import draw_convergence as draw_convergence
from gradcheck.report.pictures.direction_errors import draw_finite_batches as draw_finite_batches
from gradcheck.report.pictures.learning_curve import draw_training as draw_training
from gradcheck.report.pictures.one_step import draw_plane as draw_plane
from gradcheck.report.pictures.one_step import draw_rectangles as draw_rectangles
from gradcheck.report.pictures.style import save_svg as save_svg
from gradcheck.report.pictures.tree_drawing import draw_tree as draw_tree

__all__ = [
    "Convergence",
    "converge",
    "draw_convergence",
    "draw_finite_batches",
    "draw_plane",
    "draw_rectangles",
    "draw_training",
    "draw_tree",
    "save_svg",
]
