"""The games and policies on which losses are tried."""
