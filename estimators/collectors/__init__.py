"""How batches are collected."""
