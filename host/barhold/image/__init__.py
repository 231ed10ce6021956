"""Build: the firmware of this install as what goes on a board: compiled files, a bundle, its signature."""
