"""The exact side: games, their trees, and every sum over them. It never imports torch."""
