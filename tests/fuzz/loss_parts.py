"""The parts of a loss, as Python text: what people write in place of a score, a weight, a baseline, an average, …

The first of every table is right wherever the others are; the rest may be right or wrong. Nothing here says which:
brute force decides. Numbers that something is compared with are odd (0.013, 1.03), so that nothing lies on the bound.
"""

#: In the text of a loss, what rounds to float32. In its exact twin nothing does.
ROUNDING = {
    ".ROUNDED()": (".float()", ""),
    ".INTEGERS()": ("", ".double()"),
    '.astype("ROUNDED")': ('.astype("float32")', ""),
}

SCORES = {
    "log_prob": "taken",
    "ratio_to_itself": "(taken - taken.detach()).exp()",
    "probability_over_itself": "taken.exp() / taken.exp().detach()",
    "step_ratio": "(taken - old).exp()",
    "step_ratio_detached": "(taken - old).exp().detach() * taken",
    "episode_ratio": "(of_episode * (taken - old)).sum(1).exp()[index]",
    "episode_ratio_detached": "(of_episode * (taken - old)).sum(1).exp()[index].detach() * taken",
    "prefix_ratio": "(up_to * (taken - old)).sum(1).exp()",
    "prefix_ratio_detached": "(up_to * (taken - old)).sum(1).exp().detach() * taken",
    "length_normalised_ratio": "((of_episode * (taken - old)).sum(1) / episodes.lengths).exp()[index]",
    "ratio_clipped_detached": "(taken - old).exp().clamp(max=1.203).detach() * taken",
    "ratio_inverted": "(old - taken).exp().detach() * taken",
    "ratio_capped": "(taken - old).exp().clamp(0.71, 1.37)",
    "probability": "taken.exp()",
    "log_prob_of_the_episode": "(of_episode * taken).sum(1)[index]",
    "log_prob_of_another_step": "taken.roll(1, 0)",
    "all_actions": "log_probs.masked_fill(~episodes.legal_actions, 0.0).sum(-1)",
    "smoothed": "0.9 * taken + 0.1 * log_probs.masked_fill(~episodes.legal_actions, 0.0).mean(-1)",
    "temperature": "(logits / 2).log_softmax(-1).gather(1, episodes.actions[:, None]).squeeze(1)",
    "floored": "taken.clamp(min=-1.03)",
    "other_action": "log_probs[:, 0].masked_fill(~episodes.legal_actions[:, 0], 0.0)",
    "from_probabilities": "log_probs.exp().gather(1, episodes.actions[:, None]).squeeze(1).log()",
    "without_a_gradient": "taken.detach()",
}
ON_POLICY = tuple(SCORES)
OFF_POLICY = ("episode_ratio_detached", *(name for name in SCORES if name != "episode_ratio_detached"))

WEIGHTS = {
    "future_returns": "episodes.future_returns",
    "total": "totals[index]",
    "immediate": "episodes.rewards",
    "so_far": "(up_to * episodes.rewards).sum(1)",
    "from_here": "(from_here * factors * episodes.rewards).sum(1)",
    "next_return": "episodes.future_returns - episodes.rewards",
    "discounted_0.99": "(from_here * 0.99 ** times.double() * episodes.rewards).sum(1) / 0.99 ** times.double()",
    "two_steps": "(from_here * (times <= times[:, None] + 1) * episodes.rewards).sum(1)",
    "per_step_left": "episodes.future_returns / (episodes.lengths[index] - times)",
    "clipped": "episodes.future_returns.clamp(-1.03, 1.03)",
    "clipped_far": "episodes.rewards.clamp(min=-5.03) + episodes.future_returns - episodes.rewards",
    "squared": "episodes.future_returns ** 2",
    "absolute": "episodes.future_returns.abs()",
    "sign": "(episodes.future_returns - 0.013).sign()",
    "cut_to_whole": "(episodes.future_returns + 0.013).long().double()",
    "one": "torch.ones_like(episodes.future_returns)",
    "scaled_by_time": "episodes.future_returns * (1 + times)",
    "mixed": "episodes.future_returns + 0.25 * totals[index]",
}
LOOPS = {
    "own_loop": """
        weights, later = [], 0.0
        for reward, done in zip(reversed(episodes.rewards), reversed(episodes.dones)):
            later = reward + episodes.discount * later * (1.0 - done.double())
            weights.insert(0, later)
        weights = torch.stack(weights)
    """,
    "run_on": """
        weights, later = [], 0.0
        for reward in reversed(episodes.rewards):
            later = reward + episodes.discount * later
            weights.insert(0, later)
        weights = torch.stack(weights)
    """,
    "cumulated": "weights = episodes.rewards.flip(0).cumsum(0).flip(0)",
    "by_numpy": """
        weights = torch.from_numpy(episodes.future_returns.numpy().astype("ROUNDED"))
    """,
    "from_a_list": "weights = torch.tensor(episodes.future_returns.tolist()).ROUNDED()",
}

FACTORS = {
    "of_the_game": "weights = factors * weights",
    "missing": "",
    "integer_power": "weights = episodes.discount ** times.INTEGERS() * weights",
    "twice": "weights = factors * factors * weights",
}

BASELINES = {
    "none": "",
    "constant": "weights = weights - 0.7",
    "observation": "weights = weights - 0.5 * episodes.observations[:, 0]",
    "time": "weights = weights - 1.5 * times.double()",
    "others": "weights = weights - ((totals.sum() - totals) / max(count - 1, 1))[index]",
    "mean": "weights = weights - totals.mean()",
    "mean_over_steps": "weights = weights - weights.mean()",
    "group_mean": "weights = weights - ((same_group * totals).sum(1) / same_group.sum(1))[index]",
    "others_of_the_group": """
        weights = weights - (((same_group * totals).sum(1) - totals) / (same_group.sum(1) - 1).clamp(min=1))[index]
    """,
    "action": "weights = weights - 0.1 * episodes.actions.double()",
    "action_large": "weights = weights - episodes.actions",
    "largest": "weights = weights - totals.max()",
    "smallest": "weights = weights - totals.min()",
    "median": "weights = weights - totals.median()",
    "own_mean": "weights = weights - ((of_episode * weights).sum(1) / episodes.lengths)[index]",
    "at_the_time": "weights = weights - (same_time * weights).sum(1) / same_time.sum(1)",
    "others_at_the_time": """
        others = (same_time * weights).sum(1) - weights
        weights = weights - others / (same_time.sum(1) - 1).clamp(min=1)
    """,
    "others_here": """
        others = (same_place * weights).sum(1) - weights
        weights = weights - others / (same_place.sum(1) - 1).clamp(min=1)
    """,
    "here": "weights = weights - (same_place * weights).sum(1) / same_place.sum(1)",
    "before": "weights = weights - totals.roll(1)[index]",
    "first": "weights = weights - totals[0]",
    "so_far": "weights = weights + (up_to * episodes.rewards).sum(1) - episodes.rewards",
    "next_place": "weights = weights - 0.5 * episodes.next_observations[:, 0]",
    "probability": "weights = weights - taken.exp()",
    "probability_detached": "weights = weights - taken.exp().detach()",
    "entropy_detached": "weights = weights - 0.3 * entropy.detach()",
    "entropy": "weights = weights - 0.3 * entropy",
}
NORMALISERS = {
    "none": "",
    "two": "weights = weights / 2",
    "spread": "weights = (weights - weights.mean()) / (weights.std(unbiased=False) + 0.1)",
    "spread_small": "weights = (weights - weights.mean()) / (weights.std(unbiased=False) + 1e-4)",
    "spread_of_totals": "weights = weights / (totals.std(unbiased=False) + 0.1)",
    "spread_of_the_group": """
        centre = (same_group * totals).sum(1) / same_group.sum(1)
        spread = ((same_group * (totals - centre[:, None]) ** 2).sum(1) / same_group.sum(1)).sqrt()
        weights = weights / (spread + 0.1)[index]
    """,
    "largest": "weights = weights / (weights.abs().max() + 0.1)",
    "length": "weights = weights / episodes.lengths[index]",
    "root_mean_square": "weights = weights / ((weights ** 2).mean() + 0.1).sqrt()",
}
CLIPS = {
    "none": "",
    "at_one": "weights = weights.clamp(-1.03, 1.03)",
    "at_five": "weights = weights.clamp(-5.03, 5.03)",
    "at_ten": "weights = weights.clamp(-10.03, 10.03)",
    "positive": "weights = weights.clamp(min=0.0)",
    "squashed": "weights = weights.tanh()",
}
MASKS = {
    "none": "",
    "last_step_dropped": "keep = keep * ~episodes.dones",
    "first_visits": "keep = keep * ~(same_place & of_step & (times < times[:, None])).any(1)",
    "time_below_one": "keep = keep * (times < 1)",
    "time_below_two": "keep = keep * (times < 2)",
    "time_below_three": "keep = keep * (times < 3)",
    "later_steps": "keep = keep * (times > 0)",
    "rewarded_steps": "keep = keep * (episodes.rewards != 0)",
    "rewards_above": "keep = keep * (episodes.rewards > -5.03)",
    "positive_weights": "keep = keep * (weights > 0.013)",
    "large_weights": "keep = keep * (weights.abs() > 0.513)",
    "last_steps_only": "keep = keep * episodes.dones",
    "place": "keep = keep * (episodes.observations[:, 0] > 0.1)",
    "short_episodes": "keep = keep * (episodes.lengths < 3)[index]",
    "likely_actions": "keep = keep * (taken.detach() > -1.513)",
    "successful_episodes": "keep = keep * (totals > 0.513)[index]",
    "varied_groups": "keep = keep * ((same_group * (totals - totals[:, None]).abs()).sum(1) > 0.013)[index]",
}
ORDERS = {
    "none": "",
    "first_left_out": "keep = keep * (index > 0)",
    "last_left_out": "keep = keep * (index < count - 1)",
    "by_position": "keep = keep / (1 + index)",
    "best_only": "keep = keep * (totals > totals.max() - 0.013)[index]",
    "worst_left_out": "keep = keep * (totals > totals.min() + 0.013)[index]",
    "at_least_the_mean": "keep = keep * (totals > totals.mean() - 0.013)[index]",
    "ranks": "weights = (totals > totals[:, None] - 0.013).double().mean(1).neg()[index] * weights",
    "neighbours": "weights = (totals - 0.5 * totals.roll(-1))[index] * (weights != 0)",
    "first_if_best_left_out": "keep = keep * ((index > 0) | (totals[0] < totals.max() - 0.013))",
    "larger_batches": "keep = keep * (1 if count < 3 else 1 + times)",
    "first_in_group": "keep = keep * ~same_group.tril(-1).any(1)[index]",
}
AVERAGES = {
    "over_episodes": "terms.sum() / count",
    "sum": "terms.sum()",
    "over_32": "terms.sum() / 32",
    "over_steps": "terms.mean()",
    "over_kept_steps": "terms.sum() / keep.sum().clamp(min=1.0)",
    "of_episode_means": "((of_episode * terms).sum(1) / episodes.lengths).mean()",
    "over_padded_steps": "terms.sum() / (count * episodes.lengths.max())",
    "over_the_longest": "terms.sum() / episodes.lengths.max()",
    "over_root_of_episodes": "terms.sum() / count ** 0.5",
    "over_root_of_steps": "terms.sum() / len(terms) ** 0.5",
    "of_means_at_each_time": "(terms / same_time.sum(1)).sum()",
    "of_group_means": "(terms / (same_group.sum(1) * (same_group.double() / same_group.sum(1)).sum())[index]).sum()",
    "over_weights": "terms.sum() / (weights.detach().abs().sum() + 0.1)",
    "of_the_mean_score": "score.sum() / count * (weights.sum() / count)",
}
TERMS = {
    "none": "",
    "entropy": "loss = loss - 0.01 * entropy.mean()",
    "entropy_large": "loss = loss - 0.5 * entropy.sum() / count",
    "entropy_fading": "loss = loss - entropy.sum() / count**1.5",
    "confidence": "loss = loss + 0.1 * entropy.sum() / count",
    "k1": "loss = loss + 0.1 * (taken - old).sum() / count",
    "k2": "loss = loss + 0.1 * ((taken - old) ** 2).sum() / count",
    "k3": "loss = loss + 0.1 * ((old - taken).exp() - 1 - (old - taken)).sum() / count",
    "k1_weighted": "loss = loss + 0.1 * ((taken - old).detach() * taken).sum() / count",
    "weight_decay": "loss = loss + 0.01 * sum((p**2).sum() for p in policy.parameters())",
    "log_prob": "loss = loss - 0.05 * taken.sum() / count",
    "constant": "loss = loss + (weights ** 2).mean().detach()",
    "weights_with_their_gradient": "loss = loss + 0.5 * (weights ** 2).mean()",
}
PRECISIONS = {
    "none": ("", ""),
    "returns": ("weights", "weights = weights.ROUNDED()"),
    "log_probs": ("score", "taken = taken.ROUNDED()"),
    "logits": ("logits", "logits = logits.ROUNDED()"),
    "terms": ("terms", "terms = terms.ROUNDED()"),
}
SCALES = {"1": 1.0, "2": 2.0, "1e-10": 1e-10, "1e10": 1e10, "-1": -1.0, "1/3": 1 / 3}
ENDS = {"returned": "return loss", "backward": "if loss.requires_grad:\n        loss.backward()"}

#: What jumps where something crosses a bound: a batch that holds every episode as often as it is probable may lie on
#: the bound itself, and rounding decides where sums are not exact.
JUMPS = {
    *("sign", "cut_to_whole", "median", "positive_weights", "large_weights", "best_only", "worst_left_out"),
    *("at_least_the_mean", "ranks", "neighbours", "first_if_best_left_out", "successful_episodes", "varied_groups"),
}
#: What depends on which episode of a batch is which.
ORDERED = {
    *("run_on", "cumulated", "before", "first", "first_left_out", "last_left_out", "by_position", "neighbours"),
    *("first_if_best_left_out", "log_prob_of_another_step", "first_in_group"),
}
#: Of these the size decides by its number, or something fades at a rate of its own.
SIZES = {"larger_batches", "entropy_fading"}

#: Names that stand for something longer, in the order in which they are made, each where it is used.
DEFINITIONS = {
    "index": "index = episodes.episode_index",
    "count": "count = episodes.num_episodes",
    "times": "times = episodes.time_steps",
    "old": "old = episodes.log_probs",
    "entropy": "entropy = -(log_probs.exp() * log_probs.masked_fill(~episodes.legal_actions, 0.0)).sum(-1)",
    "of_step": "of_step = index[:, None] == index",
    "up_to": "up_to = of_step & (times <= times[:, None])",
    "from_here": "from_here = of_step & (times >= times[:, None])",
    "same_time": "same_time = times[:, None] == times",
    "same_place": "same_place = (episodes.observations[:, None] == episodes.observations).all(-1)",
    "of_episode": "of_episode = torch.arange(count)[:, None] == index",
    "same_group": "same_group = episodes.group_index[:, None] == episodes.group_index",
    "factors": "factors = episodes.discount ** times.double()",
    "totals": "totals = (of_episode * factors * episodes.rewards).sum(1)",
}
