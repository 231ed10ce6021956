"""Turns training sets into files that other programs read. Pure: plain data in, text or bytes out."""
