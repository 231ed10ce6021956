"""Plays the drivers' scenes with every chip and prints what came of it (a script for rig.run)."""

import imu_scenes
from chips.bmi270 import config_blob

with open("/bmi270.bin", "wb") as file:
    file.write(config_blob())
for line in imu_scenes.everything("/bmi270.bin"):
    print(line)
