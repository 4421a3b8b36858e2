"""The expected gradient of a loss: enumerated, from its structure, in the limit, or sampled."""
