"""Updates a sensor to a bundle's version, over any link."""
