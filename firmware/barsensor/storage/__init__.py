"""What a sensor stores on flash: the log of records, its settings, keys and calibration."""
