"""torch.autograd.gradcheck for policy gradients: is this loss's expected gradient the gradient of the expected return?

Everything is imported from here. The names are written once, in ``__init__.pyi``, and imported when they are first
used, so that ``import gradcheck`` itself is light.
"""

from gradcheck._lazy import make_lazy
from gradcheck._package import set_up

__version__ = "0.1.0"  # pyproject.toml reads it here

make_lazy(__name__)
set_up(__name__)
