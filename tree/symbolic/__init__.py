"""R, Y and their partials as polynomials."""
