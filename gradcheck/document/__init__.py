"""Documents of blocks, and how they are shown: as plain text, or by rich."""
