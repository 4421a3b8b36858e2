"""The smallest game on which a loss fails, as code."""
