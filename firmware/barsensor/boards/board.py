"""The parts of every board; README.md describes each of them."""


class Board:
    """One opened board. `tone`, `screen`, `console`, `bluetooth` and `nvs` are None where there is none."""

    def __init__(  # noqa: PLR0913, PLR0917 - one name more would be a wrapper for nothing
        self,
        name,
        device_id,
        clock,
        imu,
        storage,
        config,
        lamp,
        tone,
        screen,
        button,
        power,
        console,
        bluetooth,
        nvs=None,
    ) -> None:
        self.name = name
        self.device_id = device_id
        self.clock = clock
        self.imu = imu
        self.storage = storage
        self.config = config
        self.lamp = lamp
        self.tone = tone
        self.screen = screen
        self.button = button
        self.power = power
        self.console = console
        self.bluetooth = bluetooth
        self.nvs = nvs
