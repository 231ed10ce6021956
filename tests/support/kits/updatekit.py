"""Bundles for the tests, and a host in its simplest form that sends one to a sensor's Update."""

import hashlib
import random
import struct
from dataclasses import dataclass, field
from typing import Any

from barcore import bundle, protocol
from barsensor.update import policy

SENSOR = policy.SensorIdentity((0, 2, 0), "esp32s3", 6 | 10 << 10)
SIZES = {
    "barcore.frame.mpy": 700,
    "barsensor.app.mpy": 4300,
    "barsensor.link.__init__.mpy": 60,
    "barsensor.link.stream.mpy": 9000,
    "barsensor.main.mpy": 1500,
}
CABLE, RADIO = "cable", "radio"


@dataclass
class Version:
    """One version of the application: its number, its files by their names in a bundle, and whether it crashes."""

    number: tuple[int, int, int]
    files: dict[str, bytes]
    crashes: bool = False
    told: dict[str, int] = field(default_factory=dict)

    @property
    def manifest(self) -> bytes:
        rows = [(name, len(data), hashlib.sha256(data).digest()) for name, data in self.files.items()]
        told = {"family": bundle.ESP32S3, "bytecode": 6, "arch": 10, "loader": 1, **self.told}
        return bundle.pack_manifest(
            bundle.Manifest(self.number, told["family"], told["bytecode"], told["arch"], told["loader"], rows)
        )

    def head(self, signature: bytes = b"") -> bytes:
        return bundle.pack_head(self.manifest, signature)

    def bundle(self, signature: bytes = b"") -> bytes:
        return self.head(signature) + b"".join(self.files[name] for name in sorted(self.files))

    @property
    def paths(self) -> dict[str, bytes]:
        return {bundle.path_of(name): data for name, data in self.files.items()}


def version(minor: int, crashes: bool = False, sizes: dict[str, int] | None = None, **told: int) -> Version:
    dice = random.Random(minor)
    files = {name: dice.randbytes(size + minor) for name, size in (sizes or SIZES).items()}
    return Version((0, minor, 0), files, crashes, told)


@dataclass
class State:
    """What UPDATE_STATE says."""

    state: int
    reason: int
    slot: int
    pointer: int
    next: int
    total: int
    key_id: int


class Sender:
    """A host at one link of a sensor's Update."""

    def __init__(self, update: Any, link: str = CABLE, block_bytes: int = 507) -> None:
        self.update = update
        self.link = link
        self.block_bytes = block_bytes

    def ask(self, action: int, body: bytes = b"", hindrance: int = 0) -> State:
        told = self.update.ask(bytes((action,)) + body, self.link, self.link == CABLE, hindrance)
        assert isinstance(told, bytes), told
        return State(*struct.unpack(protocol.UPDATE_STATE_FORMAT, told))

    def begin(self, raw: bytes, flags: int = 0) -> State:
        head = raw[: bundle.head_bytes(raw)] if raw[:4] == bundle.MAGIC else raw
        return self.ask(protocol.UPDATE_BEGIN, struct.pack("<B32s", flags, hashlib.sha256(head).digest()))

    def block(self, raw: bytes, at: int) -> State:
        return self.ask(protocol.UPDATE_BLOCK, struct.pack("<I", at) + raw[at : at + self.block_bytes])

    def send(self, raw: bytes, flags: int = 0) -> State:
        """Send all that is missing, until it is there or refused."""
        told = self.begin(raw, flags)
        while not told.reason and told.state in (protocol.UPDATE_HEAD, protocol.UPDATE_FILES) and told.next < len(raw):
            told = self.block(raw, told.next)
        return told

    def finish(self) -> State:
        """Let the sensor check all; return what came of it."""
        told = self.ask(protocol.UPDATE_FINISH)
        for now_ms in range(0, 20000, 20):
            if told.state != protocol.UPDATE_CHECKING:
                return told
            self.update.step(False, now_ms)
            told = self.ask(protocol.UPDATE_ASK)
        raise AssertionError("the check never ends")
