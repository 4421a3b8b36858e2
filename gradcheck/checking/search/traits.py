"""What a rough game is like, in words."""

from __future__ import annotations

from gradcheck.checking.search.rough_game import END, RoughGame, least_probability
from gradcheck.document.numbers import listed, short

_SMALL = 1 / 17  # the battery's policies have no smaller probabilities


def traits(game: RoughGame) -> list[str]:
    """What it has: the number of its actions, the length of its episodes, rewards, and all that is less common."""
    rewards = sorted({outcome.reward for outcome in game.outcomes})
    numbers = sorted({number for row in game.features for number in row} - {0, 1})
    found = [
        f"{game.num_actions} actions",
        "episodes of one step" if game.horizon == 1 else f"episodes of up to {game.horizon} steps",
        f"rewards {listed(rewards)}" if len(rewards) > 1 else f"no reward but {rewards[0]}",
    ]
    if _meets_again(game):
        found.append("an observation that comes again in an episode")
    if len(game.features) < len(game.rows):
        found.append("states that share an observation")
    if numbers:
        found.append(f"observations with {listed(numbers)} in them")
    least = least_probability(game)
    if least < _SMALL:
        found.append(f"actions of probability {short(least, 2)}")
    if len(game.starts) > 1:
        found.append(f"{len(game.starts)} starts")
    if any(len(outcomes) > 1 for row in game.rows for outcomes in row):
        found.append("chance")
    if any(not outcomes for row in game.rows for outcomes in row):
        found.append("an illegal action")
    return found


def _meets_again(game: RoughGame) -> bool:
    """Whether an episode may meet an observation twice."""
    left = [(state, frozenset[int](), 0) for state, _ in game.starts]
    while left:
        state, before, step = left.pop()
        seen = game.seen[state]
        if seen in before:
            return True
        if step + 1 < game.horizon:
            ahead = {outcome.to for outcomes in game.rows[state] for outcome in outcomes} - {END}
            left += [(to, before | {seen}, step + 1) for to in ahead]
    return False
