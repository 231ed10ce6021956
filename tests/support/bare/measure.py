"""How long an update takes over the virtual radio, beside the bare transfer of the same bytes over the same link.

For `barhold bench update`, from a checkout: run `update` with asyncio.run.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from barcore import bundle as layout
from barcore import protocol
from bare.rig import BareBoard, lay
from barhold.connection import Control
from barhold.flash import boards, run
from barhold.image import bundle, signing_keys
from barhold.store import Store
from barhold.sync import Reconnector, SensorQuery
from barhold.update.uploader import BLOCK_BYTES, Offer, Uploader
from barsensor.boards import storage
from barsensor.update import policy
from radio import bleak_backend, hosts
from radio.paced_link import Air
from radio.peripheral import Faults
from radio.transport import BleakTransport

INTERVAL_MS = 15.0
BREAKS = Faults(seed=6, break_after=(22, 46))
"""A block is three packets and its answer one; with those of a window that are lost, some forty breaks an update."""
NAME = "barhold-0000"


@dataclass(frozen=True, slots=True)
class Measured:
    """One update, from its first frame until the sensor has checked the whole; and the bare transfer."""

    bundle_bytes: int
    breaks: int
    updated_s: float
    bare_s: float
    interval_ms: float


async def update(broken: bool, files: int, interval_ms: float = INTERVAL_MS) -> Measured:
    """Measure an update of so many files of this install's firmware, to a board that runs it, in real time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signing_keys.make(folder / "key.pem")
        made = _next_version(folder / "key.pem", files)
        lay(folder / "board", run._parts(bundle.make(), run.FlashRequest(boards.find_board("xiao_s3"))))
        config = storage.FolderStorage(str(folder / "board" / "config"), lambda: 1)
        policy.KEY.save(config, {"modulus": signing_keys.read(folder / "key.pem").modulus.hex()})
        air = Air(interval_ms)
        bleak_backend.install(hosts.here(air))
        async with BareBoard(folder / "board", 600, air) as board:
            await board.on_air()
            bare_s = await _bare(board, made.raw)
            board.radio.faults = BREAKS if broken else Faults()
            updated_s, breaks = await _updated(board, made, folder / "db")
        return Measured(len(made.raw), breaks, updated_s, bare_s, interval_ms)


async def _updated(board: BareBoard, made: bundle.Bundle, database: Path) -> tuple[float, int]:
    """Return the seconds from BEGIN until the sensor has all of it, every search in between, and how many breaks."""
    begun: list[float] = []
    done = asyncio.Event()

    def note(text: str) -> None:
        if text.startswith("the whole bundle has arrived"):
            done.set()

    with Store.open(database) as store:
        keeper = Reconnector(SensorQuery(NAME), store, note, 60.0)
        uploader = Uploader(Offer(made, False), note, lambda *_: keeper.progress())

        async def work(control: Control) -> str:
            begun.append(asyncio.get_running_loop().time())
            return await uploader.work(control)

        board.press(True)
        task = asyncio.create_task(keeper.control(work))
        heard = asyncio.create_task(done.wait())
        await asyncio.wait({task, heard}, return_when=asyncio.FIRST_COMPLETED)
        taken_s, breaks = asyncio.get_running_loop().time() - begun[0], board.radio.broken
        if not done.is_set():
            heard.cancel()
            raise RuntimeError(f"the update ended: {task.exception()}")
        while not task.done():
            task.cancel()  # more than once: until 3.12 a wait_for that was just done swallows it
            await asyncio.wait({task}, timeout=0.1)
    return taken_s, breaks


async def _bare(board: BareBoard, raw: bytes) -> float:
    """Return the seconds that frames of such blocks take when only the radio holds them up, with no board behind it."""
    frame_bytes = protocol.FRAME_OVERHEAD + protocol.MAX_BODY
    transport = await BleakTransport.open(NAME)
    most = transport.client.mtu_size - 3
    board.radio.deaf = True
    board.radio.writes.clear()
    begun, sent = asyncio.get_running_loop().time(), 0
    for _ in range(-(-len(raw) // BLOCK_BYTES)):
        for at in range(0, frame_bytes, most):
            await transport.client.write_gatt_char(protocol.RX_UUID, bytes(min(most, frame_bytes - at)), response=False)
            sent += 1
    while len(board.radio.writes) < sent:
        await asyncio.sleep(0.001)
    taken_s = asyncio.get_running_loop().time() - begun
    board.radio.deaf = False
    await transport.close()
    return taken_s


def _next_version(key: Path, files: int) -> bundle.Bundle:
    """Return so many files of this install's firmware under the next number, signed: a sensor that runs it takes it."""
    made = bundle.make()
    told = made.manifest
    some = sorted(told.files, key=lambda entry: entry[0] != "barsensor.main.mpy")[:files]
    number = (*told.version[:2], told.version[2] + 1)
    manifest = layout.pack_manifest(layout.Manifest(number, told.family, told.bytecode, told.arch, told.loader, some))
    head = layout.pack_head(manifest, signing_keys.sign(key, manifest))
    return bundle.parse(head + b"".join(made.file(name) for name, _, _ in sorted(some)), "the next version")
