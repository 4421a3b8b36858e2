"""The exact variance of gradient estimates, and the baselines that make it smallest."""
