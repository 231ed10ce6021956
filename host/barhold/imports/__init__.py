"""Imports: loads and reps from other programs' files, whole or not at all."""
