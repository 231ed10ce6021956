"""Update: a sensor brought to a bundle's version, over whatever link. Knows sessions and bundles, no links."""
