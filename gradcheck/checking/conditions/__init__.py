"""How batches arise, and what counts as the true gradient of each."""
