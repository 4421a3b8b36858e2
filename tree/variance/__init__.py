"""How noisy estimates are, exactly."""
