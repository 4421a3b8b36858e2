"""What is added to policy-gradient losses: entropy, divergences, penalties."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, nn

from gradcheck.causes.averages import over_sequences
from gradcheck.causes.component import AddedTerm, Mistake, Score
from gradcheck.causes.parts import Surrogate, later_sums, log_ratio, logits_of, ones, unknown
from gradcheck.causes.scores import every_log_prob
from gradcheck.estimators.averages import Average, over_episodes, over_steps
from gradcheck.estimators.distributions import Policy, action_log_probs
from gradcheck.estimators.episodes import Episodes
from gradcheck.estimators.policy_gradients import Loss

_AVERAGES: tuple[Average, ...] = (over_episodes, over_steps, over_sequences)
_OBJECTIVE = "Leave it out, or give check the objective that is meant, such as the return plus β times the entropy."


def _entropies(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] H(π(·|o_t))."""
    logs = every_log_prob(policy, episodes)
    return -(logs.exp() * logs).masked_fill(~episodes.legal_actions, 0.0).sum(-1)


def _to_uniform(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] log π(a) - log u(a), u being uniform over the legal actions."""
    return action_log_probs(policy, episodes) + episodes.legal_actions.sum(-1).to(episodes.rewards.dtype).log()


def _k3(difference: Tensor) -> Tensor:
    """exp(-d) + d - 1, d being the log-ratio to the reference."""
    return (-difference).exp() + difference - 1


def _forward(policy: Policy, episodes: Episodes) -> Tensor:
    """[T] -Σ_a u(a) log π(a): the divergence of the policy from the uniform one, up to a constant."""
    return -every_log_prob(policy, episodes).sum(-1) / episodes.legal_actions.sum(-1)


def _in_reward(of: Callable[[Policy, Episodes], Tensor]) -> Loss:
    """What is subtracted from the rewards, as a term: its score times the sum of what comes later."""

    def loss(policy: Policy, episodes: Episodes) -> Tensor:
        later = later_sums(episodes, of(policy, episodes).detach(), factor=episodes.discount)
        return (action_log_probs(policy, episodes) * later).sum() / episodes.num_episodes

    return loss


def _parameters(penalty: Callable[[Tensor], Tensor]) -> Loss:
    def loss(policy: Policy, episodes: Episodes) -> Tensor:
        if not isinstance(policy, nn.Module):
            return unknown(policy, episodes)
        return sum((penalty(parameter) for parameter in policy.parameters()), episodes.rewards.new_zeros(()))

    return loss


def _mean_policy_entropy(policy: Policy, episodes: Episodes) -> Tensor:
    mean = every_log_prob(policy, episodes).exp().mul(episodes.legal_actions).mean(0)
    return (mean * mean.clamp(min=1e-300).log()).sum()


def _value_error(policy: Policy, episodes: Episodes) -> Tensor:
    output = policy(episodes.observations)
    if not isinstance(output, tuple) or len(output) < 2:
        return unknown(policy, episodes)
    return (output[1].reshape(-1) - episodes.future_returns).square().sum() / episodes.num_episodes


def _steps_left(episodes: Episodes) -> Tensor:
    return (episodes.lengths[episodes.episode_index] - episodes.time_steps).to(episodes.rewards.dtype)


def _averaged(*scores: Score, sign: float = 1.0, averages: Iterable[Average] = _AVERAGES) -> AddedTerm:
    """A term that is averaged over episodes, steps or sequences."""
    return AddedTerm(*(Surrogate(score, ones, None, average, sign) for average in averages for score in scores))


TERMS: tuple[Mistake, ...] = (
    Mistake(
        "entropy_bonus",
        "An entropy bonus (or, what is the same, a divergence from uniform) is added: the policy is kept random.",
        _OBJECTIVE,
        _averaged(_entropies, sign=-1.0),
    ),
    Mistake(
        "entropy_penalty",
        "Entropy is added to the loss with the wrong sign: the policy is made deterministic.",
        "Subtract it: loss - β * entropy.",
        _averaged(_entropies),
    ),
    Mistake(
        "weight_decay",
        "The squares of the parameters are added to the loss: weight decay.",
        "Leave it out, or know that it pulls the parameters towards 0.",
        AddedTerm(_parameters(lambda parameter: parameter.square().sum() / 2)),
    ),
    Mistake(
        "absolute_weights",
        "The absolute values of the parameters are added to the loss.",
        "Leave it out, or know that it pulls the parameters towards 0.",
        AddedTerm(_parameters(lambda parameter: parameter.abs().sum())),
    ),
    Mistake(
        "kl_k2",
        "Half the squared log-ratio to the uniform policy (k2) is added to the loss.",
        "It estimates the gradient of the divergence itself; leave it out, or give check that objective.",
        _averaged(lambda policy, e: _to_uniform(policy, e).square() / 2),
    ),
    Mistake(
        "kl_k3",
        "The estimate k3 of the divergence from the uniform policy is added: its gradient is that of the reverse one.",
        "Use k1 in the reward, or k2 in the loss, for the divergence of the policy from the reference.",
        _averaged(lambda policy, e: _k3(_to_uniform(policy, e))),
    ),
    Mistake(
        "kl_forward",
        "The divergence of the uniform policy from this one is added, which is cross-entropy with uniform targets.",
        "Swap the two policies if the other divergence is meant: the sum is of π (log π - log u).",
        _averaged(_forward),
    ),
    Mistake(
        "kl_k3_of_wrong_sign",
        "The estimate k3 of the divergence from the uniform policy is subtracted: the distance is rewarded.",
        "Add it to the loss.",
        _averaged(lambda policy, e: _k3(_to_uniform(policy, e)), sign=-1.0),
    ),
    Mistake(
        "entropy_sampled",
        "Minus log π(a) stands for an entropy: its gradient is 0 on average, or an accident of averaging.",
        "Use the exact entropy, -Σ_a π(a) log π(a), or put -log π(a) into the reward.",
        _averaged(action_log_probs, averages=(over_steps, over_sequences, over_episodes)),
    ),
    Mistake(
        "kl_k1",
        "The log-ratio to a reference (k1) is added to the loss: its gradient is 0 on average.",
        "Put it into the reward, or use k2 in the loss.",
        _averaged(lambda policy, e: -action_log_probs(policy, e), averages=(over_steps, over_sequences, over_episodes)),
    ),
    Mistake(
        "kl_in_reward",
        "The log-ratio to the uniform policy is subtracted from the rewards.",
        _OBJECTIVE,
        AddedTerm(_in_reward(_to_uniform)),
    ),
    Mistake(
        "entropy_in_reward",
        "Minus log π(a) is added to the rewards: the entropy of whole episodes is maximised, too.",
        _OBJECTIVE,
        AddedTerm(_in_reward(action_log_probs)),
    ),
    Mistake(
        "kl_k2_in_reward",
        "Half the squared log-ratio to the uniform policy (k2) is subtracted from the rewards.",
        "Subtract the log-ratio itself: in the reward, k1 is the estimate whose gradient is right.",
        AddedTerm(_in_reward(lambda policy, e: _to_uniform(policy, e).square() / 2)),
    ),
    Mistake(
        "kl_k3_in_reward",
        "The estimate k3 of the divergence from the uniform policy is subtracted from the rewards.",
        "Subtract the log-ratio itself: in the reward, k1 is the estimate whose gradient is right.",
        AddedTerm(_in_reward(lambda policy, e: _k3(_to_uniform(policy, e)))),
    ),
    Mistake(
        "kl_to_old",
        "A divergence from the policy that sampled is added, which has a gradient once the policy has moved.",
        "Leave it out, or know that it holds the policy back.",
        _averaged(
            lambda policy, e: _k3(-log_ratio(policy, e)),
            lambda policy, e: _k3(log_ratio(policy, e)),
            lambda policy, e: log_ratio(policy, e).square(),
        ),
    ),
    Mistake(
        "value_loss_reaches_policy",
        "The error of the critic changes the policy: they share parameters.",
        "Detach the features of the critic, or know that the shared layers serve both.",
        AddedTerm(_value_error),
    ),
    Mistake(
        "entropy_of_mean_policy",
        "The entropy of the mean policy of the batch is added, not the mean of the entropies.",
        "Take the entropy of each step, and average these.",
        AddedTerm(_mean_policy_entropy),
    ),
    Mistake(
        "logit_penalty",
        "The squares of the logits are added to the loss.",
        "Leave it out, or know that it keeps the policy random.",
        _averaged(lambda policy, e: logits_of(policy, e.observations).square().sum(-1)),
    ),
    Mistake(
        "constant_on_last_step",
        "A constant is added to the return of every episode's last step.",
        "Add it to all steps of the episode, or to none: only then is it a baseline.",
        _averaged(lambda policy, e: action_log_probs(policy, e) * e.dones, sign=-1.0, averages=(over_episodes,)),
    ),
    Mistake(
        "constant_off_last_step",
        "A constant is subtracted from the return of every episode's last step.",
        "Subtract it from all steps of the episode, or from none: only then is it a baseline.",
        _averaged(lambda policy, e: action_log_probs(policy, e) * e.dones, averages=(over_episodes,)),
    ),
    Mistake(
        "length_bonus",
        "Every step is worth a constant more: long episodes are rewarded.",
        "Add constants to returns, not to the rewards of steps, where lengths differ.",
        _averaged(lambda policy, e: action_log_probs(policy, e) * _steps_left(e), sign=-1.0, averages=(over_episodes,)),
    ),
    Mistake(
        "length_penalty",
        "Every step costs a constant: long episodes are punished.",
        "Subtract constants from returns, not from the rewards of steps, where lengths differ.",
        _averaged(lambda policy, e: action_log_probs(policy, e) * _steps_left(e), averages=(over_episodes,)),
    ),
)
