"""Whether a direction that is wrong at some batch size turns right as batches grow."""
