"""Builds what goes on a board: compiled firmware files, a bundle, its signature."""
