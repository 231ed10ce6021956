"""Turns a bare board into a sensor over its REPL."""
