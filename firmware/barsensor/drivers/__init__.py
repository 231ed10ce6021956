"""One module per chip, the same names in each; see README.md."""
