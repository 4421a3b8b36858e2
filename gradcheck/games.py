"""The games that come with gradcheck."""

from __future__ import annotations

from tree.robot import robot, robot_one_step, robot_policy

__all__ = ["robot", "robot_one_step", "robot_policy"]
