"""Changes of the text of twelve losses that change no expected gradient: why, and which."""

_BY_REASON: dict[str, tuple[str, ...]] = {
    "only a baseline, the same for all steps of an episode": ("returns_in_a_loop line 5: 0.0 → 1.0",),
    "the same dimension": (
        "returns_in_a_loop line 2: -1 → 1",
        "whole_return line 2: -1 → 1",
        "whole_return line 5: 0 → -1",
        "minus_the_groups_mean line 4: 0 → -1",
        "probabilities_of_all_actions line 2: -1 → 1",
    ),
    "a list as long as the other": (
        "returns_in_a_loop line 6: rewards → future_returns",
        "returns_in_a_loop line 6: rewards → log_probs",
    ),
    "the returns of independent episodes that follow are a baseline": (
        "returns_in_a_loop line 7: (1.0 - episodes.dones[t].double()) * later without 1.0 - episodes.dones[t].double()",
        "returns_in_a_loop line 7: − → + in 1.0 - episodes.dones[t].double()",
        "returns_in_a_loop line 7: 1.0 - episodes.dones[t].double() without episodes.dones[t].double()",
        "returns_in_a_loop line 7: dones → truncated",
    ),
    "complete episodes all terminate": ("returns_in_a_loop line 7: dones → terminated",),
    "no return comes after an end, so the product is zero there already": (
        "padded_with_a_mask line 8: × → + in log_probs * returns * mask",
        "padded_with_a_mask line 8: log_probs * returns * mask without mask",
    ),
    "any multiple of what others got is a baseline": (
        "leave_one_out line 5: others negated",
        "leave_one_out line 5: ÷ → × in (numbers[:, None] != numbers).double() / (episodes.num_episodes - 1)",
        "leave_one_out line 5: (numbers[:, None] != numbers).double() / (…des - 1) without episodes.num_episodes - 1",
        "leave_one_out line 7: − → + in totals - others @ totals",
        "leave_one_out line 7: totals - others @ totals without others @ totals",
        "leave_one_out line 5: − → + in episodes.num_episodes - 1",
        "leave_one_out line 5: episodes.num_episodes - 1 without episodes.num_episodes",
        "leave_one_out line 5: episodes.num_episodes - 1 without 1",
        "leave_one_out line 5: episodes.num_episodes - 1 turned round",
        "leave_one_out line 5: 1 → 2",
        "leave_one_out line 5: 1 → 0",
    ),
    "the gradient of e^x at x = 0 is that of x": (
        "leave_one_out line 3: torch.exp(log_probs - log_probs.detach()) → log_probs - log_probs.detach()",
    ),
    "zeros are their own negative": (
        "whole_return line 4: totals negated",
        "minus_the_groups_mean line 3: totals negated",
    ),
    "any constant is a baseline": (
        "minus_a_constant line 3: − → + in episodes.future_returns - 1.5",
        "minus_a_constant line 3: episodes.future_returns - 1.5 without 1.5",
        "minus_a_constant line 3: 1.5 → 2.5",
        "minus_a_constant line 3: 1.5 → 0.75",
    ),
    "a power of one half is exact in float32": ("discounted_from_the_start line 3: no .double()",),
    "ratios of other episodes, or of later steps, have mean 1 and change no expectation": (
        "weights_up_to_each_reward line 5: same & (episodes.time_steps[:, None] >= episodes.time_steps) without same",
        "weights_up_to_each_reward line 5: same & (episodes.time_steps[:, None] >= ep…time_steps[:, None] >= episodes.time_steps",  # noqa: E501
    ),
    "both sides of the fraction change their sign": ("minus_the_groups_mean line 5: same negated",),
    "in groups of two, half of a score is left in either way: its own half, or half of the mean": (
        "minus_the_groups_mean line 6: same @ totals without same",
        "minus_the_groups_mean line 7: totals - means without totals",
    ),
    "the matrix is symmetric": ("minus_the_groups_mean line 6: 1 → 0",),
    "the critic's own layers are compared with nothing, and what it learns is its own affair": (
        "actor_and_critic line 5: errors negated",
        "actor_and_critic line 5: − → + in episodes.future_returns - values",
        "actor_and_critic line 5: episodes.future_returns - values without episodes.future_returns",
        "actor_and_critic line 5: episodes.future_returns - values without values",
        "actor_and_critic line 5: episodes.future_returns - values turned round",
        "actor_and_critic line 5: future_returns → rewards",
        "actor_and_critic line 5: future_returns → log_probs",
        "actor_and_critic line 6: × → + in 0.5 * errors.pow(2).sum()",
        "actor_and_critic line 6: 0.5 * errors.pow(2).sum() without 0.5",
        "actor_and_critic line 6: 0.5 * errors.pow(2).sum() without errors.pow(2).sum()",
        "actor_and_critic line 6: 0.5 → 1.5",
        "actor_and_critic line 6: 0.5 → 0.25",
        "actor_and_critic line 6: .sum() → .mean() again",
    ),
    "a value of what is seen is a baseline, whatever its sign": (
        "actor_and_critic line 4: − → + in episodes.future_returns - values.detach()",
        "actor_and_critic line 4: episodes.future_returns - values.detach() without values.detach()",
    ),
    "the sign is on both sides of the fraction": ("probabilities_of_all_actions line 2: probs negated",),
}

#: {mutant: why}.
EQUIVALENT = {name: reason for reason, names in _BY_REASON.items() for name in names}
