"""The chip's own store of short values, in memory (port `nvs` in `barsensor.storage.record_log`)."""


class MemoryNvs:
    """Values by name, in the dict `values`."""

    def __init__(self, values: dict[str, bytes] | None = None) -> None:
        self.values = {} if values is None else values

    def read(self, name: str) -> bytes:
        return self.values.get(name, b"")

    def write(self, name: str, data: bytes) -> None:
        self.values[name] = bytes(data)
