"""The detector measured: against truth, beside other methods on the same recordings, and by its cost on MicroPython."""
