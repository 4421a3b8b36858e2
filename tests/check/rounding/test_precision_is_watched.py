"""Every way in which a number in float32 gets into a loss is noticed, forward and backward; exact numbers are not."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import vmap
from torch.utils.checkpoint import checkpoint

from gradcheck.checking.expectation.precision import Precision, PrecisionBesideCompiler

VALUES = torch.tensor([0.1, 0.7], dtype=torch.float64)


class Halved(torch.autograd.Function):
    """A gradient that passes through float32 on its way back only."""

    @staticmethod
    def forward(ctx, values):
        return values / 2

    @staticmethod
    def backward(ctx, gradient):
        return (gradient.float() * torch.tensor(0.3)).double()


def backward(loss):
    parameter = VALUES.clone().requires_grad_()
    loss(parameter).sum().backward()


def compiled(values):
    return torch.compile(lambda v: v * torch.tensor([0.1, 0.7]), backend="eager")(values)


COARSE = {
    "a cast": VALUES.float,
    "a tensor of a list": lambda: VALUES * torch.tensor([0.1, 0.7]),
    "a power of a number": lambda: 0.9 ** torch.arange(3),
    "a mean of integers": lambda: torch.arange(4).float().std(),
    "numpy's array": lambda: torch.from_numpy(np.array([0.1], dtype="float32")) + 0,
    "numpy's array in float64": lambda: torch.tensor(np.array([0.1], dtype="float32"), dtype=torch.float64),
    "numpy's number": lambda: VALUES * float(np.float32(0.1)),
    "a list of numpy's numbers": lambda: torch.tensor([float(np.float32(0.1))], dtype=torch.float64),
    "numpy's number as a tensor": lambda: torch.tensor(float(np.float32(0.1)), dtype=torch.float64),
    "an argument by name": lambda: torch.add(VALUES, other=torch.tensor([0.1, 0.7])),
    "many at once": lambda: vmap(lambda value: value.float() * 2)(VALUES),
    "the backward pass alone": lambda: backward(Halved.apply),
    "a checkpoint": lambda: backward(lambda v: checkpoint(lambda w: w.float().double(), v * 1, use_reentrant=False)),
    "a reentrant checkpoint": lambda: backward(
        lambda v: checkpoint(lambda w: w.float().double(), v * 1, use_reentrant=True)
    ),
    "parallel copies": lambda: nn.DataParallel(nn.Linear(2, 1))(VALUES.float()),
    "inference": torch.inference_mode()(VALUES.float),
}
EXACT = {
    "float64 alone": lambda: backward(lambda v: v.log_softmax(-1)),
    "a mask": lambda: VALUES * (VALUES > 0.5).float(),
    "ones": lambda: VALUES * torch.ones(2),
    "integers": lambda: VALUES * torch.arange(2).float(),
    "halves": lambda: VALUES * torch.tensor(0.5),
    "minus infinity": lambda: VALUES + torch.tensor(-torch.inf),
    "a number as a tensor": lambda: VALUES * torch.tensor(0.1, dtype=torch.float64),
    "nothing": lambda: torch.tensor([], dtype=torch.float64),
    "Python's numbers": lambda: VALUES * 0.1 + 1e-8 + 12345.678,
}


@pytest.mark.parametrize("name", COARSE)
@pytest.mark.parametrize("mode", [Precision, PrecisionBesideCompiler])
def test_coarse_numbers(name, mode):
    with mode() as precision:
        COARSE[name]()
    assert precision.least is torch.float32


def test_compiled_code():
    with PrecisionBesideCompiler() as precision:
        compiled(VALUES)
    assert precision.least is torch.float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_coarser_still(dtype):
    with Precision() as precision:
        _ = VALUES.float(), VALUES.to(dtype)
    assert precision.least is dtype


@pytest.mark.parametrize("name", EXACT)
def test_control_exact_numbers(name):
    with Precision() as precision:
        EXACT[name]()
    assert precision.least is torch.float64


def test_torchs_compiler_is_not_imported_for_it():
    """That takes longer than a check."""
    code = (
        "import sys, torch\n"
        "from gradcheck.checking.expectation.precision import Precision\n"
        "with Precision() as precision: torch.ones(2).log_softmax(0)\n"
        "print(precision.least, 'torch._dynamo' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["torch.float32", "False"]
