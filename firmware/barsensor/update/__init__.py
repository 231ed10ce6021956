"""Updates: how a bundle is received into the slot that does not run, and whether it may start."""
