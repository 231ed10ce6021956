"""The live page: what a sensor does, in a browser on this computer or on a phone beside the bar."""
