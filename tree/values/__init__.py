"""Expected returns, partials and best policies: sums over a tree, in one or two passes."""
