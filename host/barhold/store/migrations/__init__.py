"""The database's schema, step by step. A published step is never edited: a change is a new file in `versions/`."""
