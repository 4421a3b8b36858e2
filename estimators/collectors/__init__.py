"""How training scripts collect batches: complete episodes, groups from one start each, a buffer of fixed size."""
