"""From the rules of a game to the arrays of its tree."""
