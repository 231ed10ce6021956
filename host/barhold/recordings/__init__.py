"""Recordings of raw motion: reading, writing, replaying, tracing, comparing and plotting them."""
