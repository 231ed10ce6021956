"""Training sets built from records: wall time, corrections, loads, lifters and their history."""
