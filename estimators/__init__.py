"""The sampled side: episodes, policies and losses on torch.

The public names are written once, in ``__init__.pyi``, and imported when they are first used.
"""

from gradcheck._lazy import make_lazy

make_lazy(__name__)
