"""Random games, policies and batch sizes beyond the battery, and the smallest of those on which a loss fails."""
