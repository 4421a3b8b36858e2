"""The result of a check as a page, an error message and JSON."""
