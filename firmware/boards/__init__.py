"""One module per board, the same five names in each, and their twin `sim`."""
