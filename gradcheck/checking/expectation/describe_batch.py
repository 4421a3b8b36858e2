"""A batch in one line, for messages."""

from __future__ import annotations

from gradcheck.estimators.episodes import Episodes

_MOST_EPISODES = 3


def describe(batch: Episodes) -> str:
    """Actions and rewards of the first episodes.

    >>> from gradcheck.estimators.episodes import from_steps
    >>> describe(from_steps([(0,), (1,), (0,)], [0, 1, 1], [3, 4, 5], [False, True, True]))
    'on a batch of 2 episodes: actions 0 1 with rewards 3 4; action 1 with reward 5'
    """
    parts = []
    for number in range(min(batch.num_episodes, _MOST_EPISODES)):
        steps = batch.episode_index == number
        actions = " ".join(str(action) for action in batch.actions[steps].tolist())
        rewards = " ".join(f"{reward:g}" for reward in batch.rewards[steps].tolist())
        several = "s" if int(steps.sum()) > 1 else ""
        parts.append(f"action{several} {actions} with reward{several} {rewards}")
    more = "; …" if batch.num_episodes > _MOST_EPISODES else ""
    episodes = "1 episode" if batch.num_episodes == 1 else f"{batch.num_episodes} episodes"
    return f"on a batch of {episodes}: {'; '.join(parts)}{more}"
