"""Write the picture of the robot game: ``python -m gradcheck.report.pictures notebooks/robot-game.svg``."""

from __future__ import annotations

import sys

from gradcheck.report.pictures.style import save_svg
from gradcheck.report.pictures.tree_drawing import draw_tree


def main(path: str) -> None:
    """Draw the tree of the robot game at the policy the explanation begins with.

    Args:
        path: of the SVG file.
    """
    from gradcheck.tree.games.robot import PLACES, robot, robot_policy
    from gradcheck.tree.symbolic.sums import symbolic_sums

    sums = symbolic_sums(robot())
    figure = draw_tree(sums, sums.at(robot_policy()), actions=("left", "right"), places=PLACES)
    save_svg(figure, path, title="The robot game as a tree, with every probability and reward")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m gradcheck.report.pictures PATH.svg")
    main(sys.argv[1])
