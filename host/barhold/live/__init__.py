"""The live view: shows training as it happens, in a terminal or on a web page."""
