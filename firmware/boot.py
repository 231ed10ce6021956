"""Runs before main.py on a board. Nothing to do yet: picking an update's slot is to come here."""
