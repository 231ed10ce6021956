"""Exports: training sets as other programs read them. Pure: plain data in, text or bytes out."""
