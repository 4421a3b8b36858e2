"""The plain loss is unbiased whatever the policy is made of, in float64; with immediate rewards it never is."""

import pytest
import torch
from torch import nn
from torch.distributions import Categorical
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from gradcheck import check, unroll
from gradcheck.histories import with_histories
from tests.check.right_losses.two_steps import GAME, QUICK, plain, score_loss

REMEMBERED = with_histories(GAME)
WIDE = 1 + REMEMBERED.num_steps * REMEMBERED.width


class Sequence(nn.Module):
    """Any module, in front of what it is followed by."""

    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.Sequential(*parts)

    def forward(self, observations):
        return self.parts(observations)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell, self.head = kind(REMEMBERED.width, 3, batch_first=True), nn.Linear(3, 3)

    def forward(self, observations):
        steps, lengths = REMEMBERED.sequences(observations)
        outputs, _ = self.cell(steps)
        return self.head(outputs[torch.arange(len(lengths)), lengths - 1])


class Tied(nn.Module):
    """One matrix in two places: as it is, and transposed."""

    def __init__(self):
        super().__init__()
        self.into, self.out = nn.Linear(2, 3), nn.Linear(3, 2, bias=False)
        self.out.weight = nn.Parameter(self.into.weight.T.clone())
        self.back = nn.Linear(2, 3)
        self.back.weight = self.into.weight

    def forward(self, observations):
        return self.back(self.out(self.into(observations).tanh()))


class LowRank(nn.Module):
    """A frozen layer, and what is added to it."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(2, 3).requires_grad_(False)
        self.a, self.b = nn.Parameter(torch.randn(1, 2)), nn.Parameter(torch.randn(3, 1))

    def forward(self, observations):
        return self.base(observations) + observations @ (self.b @ self.a).T


class Embedded(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(2, 3)

    def forward(self, observations):
        return self.table((observations[:, 1] > 0).long())


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.into, self.attend, self.head = (
            nn.Linear(1, 4),
            nn.MultiheadAttention(4, 2, batch_first=True),
            nn.Linear(4, 3),
        )

    def forward(self, observations):
        tokens = self.into(observations[..., None])
        return self.head(self.attend(tokens, tokens, tokens)[0].mean(1))


class Probabilities(nn.Module):
    """Returns a distribution of probabilities, not of logits."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, observations):
        return Categorical(probs=self.layer(observations).softmax(-1))


class Checkpointed(nn.Module):
    def __init__(self, *, reentrant):
        super().__init__()
        self.layers, self.reentrant = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3)), reentrant

    def forward(self, observations):
        given = observations.clone().requires_grad_() if self.reentrant else observations
        return checkpoint(self.layers, given, use_reentrant=self.reentrant)


class DuelingHeads(nn.Module):
    """Logits that are over-parametrised: a common part that cancels in the softmax."""

    def __init__(self):
        super().__init__()
        self.each, self.common = nn.Linear(2, 3), nn.Linear(2, 1)

    def forward(self, observations):
        return self.each(observations) + self.common(observations)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.block, self.head = nn.Sequential(nn.Linear(2, 2), nn.GELU()), nn.Linear(2, 3)

    def forward(self, observations):
        return self.head(observations + self.block(observations))


class Complex(nn.Module):
    """Amplitudes in the complex plane, and probabilities from their squares."""

    def __init__(self):
        super().__init__()
        self.real, self.imaginary = nn.Linear(2, 3), nn.Linear(2, 3)

    def forward(self, observations):
        return torch.complex(self.real(observations), self.imaginary(observations)).abs().square().log()


def lazy():
    network = nn.Sequential(nn.LazyLinear(3), nn.Tanh(), nn.LazyLinear(3))
    network(torch.zeros(1, 2))
    return network


def parametrised(register):
    layer = nn.Linear(2, 2)
    register(layer)
    return Sequence(layer, nn.Tanh(), nn.Linear(2, 3)).eval()


NETWORKS = {
    "layer norm": lambda: Sequence(nn.Linear(2, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 3)),
    "batch norm, evaluated": lambda: Sequence(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)).eval(),
    "dropout, evaluated": lambda: Sequence(nn.Linear(2, 4), nn.Dropout(), nn.Linear(4, 3)).eval(),
    "GRU": lambda: Recurrent(nn.GRU),
    "LSTM": lambda: Recurrent(nn.LSTM),
    "tied": Tied,
    "low rank": LowRank,
    "embedding": Embedded,
    "attention": Attention,
    "probabilities": Probabilities,
    "checkpoint": lambda: Checkpointed(reentrant=False),
    "reentrant checkpoint": lambda: Checkpointed(reentrant=True),
    "dueling heads": DuelingHeads,
    "residual": Residual,
    "complex": Complex,
    "lazy": lazy,
    "weight norm": lambda: parametrised(parametrizations.weight_norm),
    "spectral norm": lambda: parametrised(parametrizations.spectral_norm),
    "orthogonal": lambda: parametrised(lambda layer: parametrizations.orthogonal(layer, orthogonal_map="cayley")),
    "data parallel": lambda: nn.DataParallel(nn.Linear(2, 3)),
    "compiled": lambda: torch.compile(nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3)), backend="eager"),
}


def made(name):
    torch.manual_seed(len(name))
    policy = NETWORKS[name]().double()
    game = REMEMBERED if isinstance(policy, Recurrent) else GAME
    return unroll(game), policy


def loss_of(policy, e):
    if isinstance(policy, Probabilities):
        return -(policy(e.observations).log_prob(e.actions) * e.future_returns).sum() / e.num_episodes
    return plain(policy, e)


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_unbiased(name):
    assert check(loss_of, *made(name), batch=2, **QUICK).verdict == "unbiased"


def immediate(policy, e):
    if isinstance(policy, Probabilities):
        return -(policy(e.observations).log_prob(e.actions) * e.rewards).sum() / e.num_episodes
    return score_loss(policy, e, e.rewards)


@pytest.mark.parametrize("name", NETWORKS)
def test_control_with_immediate_rewards_it_is_biased(name):
    assert check(immediate, *made(name), batch=2, **QUICK).verdict == "biased"


def test_control_a_hook_that_scales_one_parameter_is_a_mistake():
    tree, policy = made("residual")
    policy.head.weight.register_hook(lambda gradient: 2 * gradient)
    assert check(plain, tree, policy, batch=2, **QUICK).verdict == "biased"


def test_control_a_layer_that_gets_no_gradient_is_a_mistake():
    def loss(policy, e):
        features = (e.observations + policy.block(e.observations)).detach()
        scores = Categorical(logits=policy.head(features)).log_prob(e.actions)
        return -(scores * e.future_returns).sum() / e.num_episodes

    assert check(loss, *made("residual"), batch=2, **QUICK).verdict == "biased"
