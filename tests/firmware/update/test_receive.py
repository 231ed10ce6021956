"""Taking a bundle: one test per row of the table in `update`, and every hostile bundle refused with its reason."""

import binascii
import hashlib
import random
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from barcore import bundle, protocol
from barloader import slots
from barsensor.boards.storage import MemoryStorage
from barsensor.storage import config_file
from barsensor.update import policy, slot_files
from barsensor.update import receive as update_module
from updatekit import CABLE, RADIO, SENSOR, Sender, State, Version, version

OLD, NEW = version(2), version(3)
NONE, HEAD, FILES = protocol.UPDATE_NONE, protocol.UPDATE_HEAD, protocol.UPDATE_FILES
CHECKING, READY = protocol.UPDATE_CHECKING, protocol.UPDATE_READY


class Sensor:
    """An Update on a folder of this computer, with version OLD confirmed in slot a."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = slots.Slots(str(root))
        self.board = SimpleNamespace(
            config=MemoryStorage(None), power=SimpleNamespace(battery_mv=lambda: self.mv), button=lambda: self.pressed
        )
        self.mv, self.pressed = 0, False
        if not (root / "a").exists():
            files = slot_files.SlotFiles(str(root / "a"))
            files.begin(OLD.head())
            for name, data in OLD.files.items():
                files.put(name, data)
            files.finish()
            self.store.begin(False)
        self.update = update_module.Update(self.board, self.store, SENSOR)

    def host(self, link: str = CABLE, block_bytes: int = 507) -> Sender:
        return Sender(self.update, link, block_bytes)

    def written(self) -> dict[str, bytes]:
        """Return all files but those of the version that runs."""
        paths = (path for path in self.root.rglob("*") if path.is_file() and self.root / "a" not in path.parents)
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}

    def refuses(self, raw: bytes, reason: int, link: str = CABLE, flags: int = 0) -> None:
        """Send it all; it must be refused for that before the first write."""
        before = self.written()
        told = self.host(link).send(raw, flags)
        assert (told.state, told.reason) == (NONE, reason), protocol.UPDATE_REASON_TEXT.get(told.reason)
        assert self.written() == before
        assert self.store.begin(False) == slots.Pointer(slots.A, slots.CONFIRMED, 0, 0)
        assert self.store.is_whole(slots.A)


@pytest.fixture
def sensor(tmp_path: Path) -> Sensor:
    return Sensor(tmp_path)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 3072)


def modulus(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_numbers().n.to_bytes(384, "big")


def signed(one: Version, key: rsa.RSAPrivateKey) -> bytes:
    return one.bundle(key.sign(one.manifest, padding.PKCS1v15(), hashes.SHA256()))


# --- a whole update ---


@pytest.mark.parametrize("block_bytes", [1, 16, 219, 507])
def test_an_update_is_whole_and_on_trial_at_its_end(sensor: Sensor, block_bytes: int) -> None:
    host, raw = sensor.host(CABLE, block_bytes), NEW.bundle()
    told = host.send(raw)
    assert (told.state, told.reason, told.next, told.total) == (FILES, 0, len(raw), len(raw))
    assert (told.slot, told.pointer) == (slots.A, slots.CONFIRMED), "nothing has changed so far"
    assert not sensor.store.is_whole(slots.B)
    assert host.finish().state == READY
    assert sensor.store.read() == slots.Pointer(slots.B, slots.TRIAL, 0, 1)
    assert sensor.store.is_whole(slots.B)
    files = {path: (sensor.root / "b" / path).read_bytes() for path in NEW.paths}
    assert files == NEW.paths
    assert set(sensor.written()) == {"slot", "b/manifest", *(f"b/{path}" for path in NEW.paths)}


def test_it_restarts_a_while_after_and_at_rest(sensor: Sensor) -> None:
    host = sensor.host()
    host.send(NEW.bundle())
    host.ask(protocol.UPDATE_FINISH)
    done = next(now for now in range(0, 9999, 20) if sensor.update.step(False, now) or sensor.update.state == READY)
    assert not sensor.update.step(False, done + 1480)
    assert not sensor.update.step(True, done + 1500)
    assert sensor.update.step(False, done + 1520)


def test_what_is_set_on_trial_at_rest_only(sensor: Sensor) -> None:
    host = sensor.host()
    host.send(NEW.bundle())
    host.ask(protocol.UPDATE_FINISH)
    for now_ms in range(0, 5000, 20):
        sensor.update.step(True, now_ms)
    assert sensor.update.state == CHECKING
    assert sensor.store.read().slot == slots.A
    sensor.update.step(False, 5000)
    assert sensor.update.state == READY


def test_the_slot_is_emptied_of_what_was_there(sensor: Sensor) -> None:
    stray = sensor.root / "b" / "old" / "room"
    stray.mkdir(parents=True)
    (stray / "module.mpy").write_bytes(b"x")
    (sensor.root / "b" / "gone.mpy").write_bytes(b"x")
    sensor.host().send(NEW.bundle())
    assert set(sensor.written()) == {"slot", "b/coming", *(f"b/{path}" for path in NEW.paths)}


# --- going on ---


@pytest.mark.parametrize("at", [0, 10, 300, 520, 5000, 9000, 15000])
def test_after_a_restart_it_goes_on_at_what_flash_holds(sensor: Sensor, at: int) -> None:
    raw, host = NEW.bundle(), sensor.host()
    told = host.begin(raw)
    while told.next < at:
        told = host.block(raw, told.next)
    again = Sensor(sensor.root).host()
    assert again.ask(protocol.UPDATE_ASK).state == NONE
    goes_on, starts = again.begin(raw), [0, len(NEW.head())]
    for name in sorted(NEW.files):
        starts.append(starts[-1] + len(NEW.files[name]))
    assert goes_on.next == max(start for start in starts if start <= told.next), "at the file that was under way"
    assert again.send(raw).next == len(raw)
    assert again.finish().state == READY


def test_another_bundle_begins_anew(sensor: Sensor) -> None:
    raw, host = NEW.bundle(), sensor.host()
    told = host.begin(raw)
    while told.next < 9000:
        told = host.block(raw, told.next)
    assert host.begin(version(5).bundle()).state == HEAD
    assert host.send(version(5).bundle()).state == FILES
    assert host.finish().state == READY


def test_the_sensor_owns_the_offset(sensor: Sensor) -> None:
    raw, host = NEW.bundle(), sensor.host()
    told = host.begin(raw)
    first = host.block(raw, told.next)
    for wrong in (0, 506, 508, 0xFFFFFFFF):
        told = host.ask(protocol.UPDATE_BLOCK, struct.pack("<I", wrong) + raw[:9])
        assert (told.reason, told.next, told.state) == (protocol.UPDATE_OFFSET, first.next, first.state)
    assert host.send(raw).next == len(raw)


def test_the_same_link_goes_on_without_the_button_another_one_does_not(sensor: Sensor, key: Any) -> None:
    raw, radio = signed(NEW, key), sensor.host(RADIO)
    sensor.host().ask(protocol.UPDATE_KEY, modulus(key))
    sensor.pressed = True
    radio.begin(raw)
    sensor.pressed = False
    told = radio.block(raw, 0)
    assert (told.state, radio.begin(raw).next) == (HEAD, told.next)
    while told.next < 9000:
        told = radio.block(raw, told.next)
    assert sensor.host().block(raw, told.next).reason == protocol.UPDATE_NOT_BEGUN
    later = Sensor(sensor.root)
    later.board.config = sensor.board.config
    later.update = update_module.Update(later.board, later.store, SENSOR)
    told = later.host(RADIO).begin(raw)
    assert (told.state, told.reason) == (FILES, 0), "its signature, kept on flash, was checked again"
    assert told.next > 4000
    assert later.host(RADIO).begin(NEW.bundle()).reason == protocol.UPDATE_BUTTON
    assert later.host(RADIO).ask(protocol.UPDATE_ASK).state == FILES, "which disturbs nothing"


def test_a_file_that_does_not_match_is_removed_and_may_come_again(sensor: Sensor) -> None:
    raw, host = bytearray(NEW.bundle()), sensor.host()
    raw[-1] ^= 1
    told = host.send(bytes(raw))
    assert (told.state, told.reason) == (FILES, protocol.UPDATE_FILE)
    assert told.next == len(raw) - len(NEW.files["barsensor.main.mpy"])
    assert "b/barsensor/main.mpy" not in sensor.written()
    assert host.send(bytes(raw)).reason == protocol.UPDATE_FILE
    assert host.finish().reason == protocol.UPDATE_MISSING
    assert host.send(NEW.bundle()).next == len(raw)
    assert host.finish().state == READY


@pytest.mark.parametrize("name", sorted(NEW.files))
def test_no_byte_of_a_changed_file_is_written(sensor: Sensor, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Wherever the byte is: the file is judged in memory, before its first write."""
    put, written = slot_files.SlotFiles.put, []

    def note(files: Any, path: str, data: bytes) -> None:
        written.append((path, bytes(data)))
        put(files, path, data)

    monkeypatch.setattr(slot_files.SlotFiles, "put", note)
    good, host = NEW.bundle(), sensor.host()
    at = good.index(NEW.files[name])
    for byte in (0, len(NEW.files[name]) // 2, len(NEW.files[name]) - 1):
        raw = bytearray(good)
        raw[at + byte] ^= 0x40
        told = host.send(bytes(raw))
        assert (told.reason, told.next) == (protocol.UPDATE_FILE, at)
    assert written == [(one, NEW.files[one]) for one in sorted(NEW.files) if one < name]
    assert host.send(good).next == len(good)
    assert host.finish().state == READY


def test_flash_that_lies_is_seen_as_each_file_is_read_back(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    put = slot_files.SlotFiles.put
    monkeypatch.setattr(slot_files.SlotFiles, "put", lambda self, name, data: put(self, name, b"\0" + bytes(data)[1:]))
    told = sensor.host().send(NEW.bundle())
    assert (told.reason, told.next) == (protocol.UPDATE_FILE, len(NEW.head()))
    assert set(sensor.written()) == {"slot", "b/coming"}


def test_flash_that_rots_meanwhile_is_seen_by_the_whole_hash(sensor: Sensor) -> None:
    host = sensor.host()
    host.send(NEW.bundle())
    path = sensor.root / "b" / "barsensor" / "app.mpy"
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    told = host.finish()
    assert (told.state, told.reason) == (NONE, protocol.UPDATE_FILE)
    assert set(sensor.written()) == {"slot"}
    assert sensor.store.read().state == slots.CONFIRMED


def test_flash_that_fails_costs_a_piece(sensor: Sensor, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, host = NEW.bundle(), sensor.host()
    told = host.begin(raw)
    while told.next < 9000:
        told = host.block(raw, told.next)
    put = slot_files.SlotFiles.put

    def full(*_: object) -> None:
        raise OSError(28)

    monkeypatch.setattr(slot_files.SlotFiles, "put", full)
    while not told.reason:
        told = host.block(raw, told.next)
    assert (told.state, told.reason) == (FILES, protocol.UPDATE_STORAGE)
    monkeypatch.setattr(slot_files.SlotFiles, "put", put)
    assert host.send(raw).next == len(raw)
    assert host.finish().state == READY


def test_cancel_empties_the_slot(sensor: Sensor) -> None:
    host = sensor.host()
    host.send(NEW.bundle())
    assert host.ask(protocol.UPDATE_CANCEL).state == NONE
    assert set(sensor.written()) == {"slot"}
    host.begin(NEW.bundle())
    assert host.ask(protocol.UPDATE_CANCEL).state == NONE


# --- refused by the moment ---


def test_nothing_is_taken_while_it_would_disturb(sensor: Sensor) -> None:
    host, raw = sensor.host(), NEW.bundle()
    begin = struct.pack("<B", 0) + hashlib.sha256(NEW.head()).digest()
    for hindrance in (protocol.UPDATE_BUSY, protocol.UPDATE_BATTERY):
        assert host.ask(protocol.UPDATE_BEGIN, begin, hindrance).reason == hindrance
        assert host.ask(protocol.UPDATE_ASK).state == NONE
    told = host.begin(raw)
    told = host.block(raw, told.next)
    later = host.ask(protocol.UPDATE_BLOCK, struct.pack("<I", told.next) + raw[told.next :][:9], protocol.UPDATE_BUSY)
    assert (later.reason, later.next, later.state) == (protocol.UPDATE_BUSY, told.next, told.state)
    assert host.send(raw).next == len(raw), "it goes on after the set"


@pytest.mark.parametrize(("mv", "reason"), [(0, 0), (3499, protocol.UPDATE_BATTERY), (3500, 0)])
def test_a_low_battery_takes_no_update(sensor: Sensor, mv: int, reason: int) -> None:
    sensor.mv = mv
    assert sensor.host().begin(NEW.bundle()).reason == reason


def test_on_trial_the_way_back_is_not_written_over(sensor: Sensor) -> None:
    sensor.store.try_other()
    sensor.store.begin(False)
    assert sensor.host().begin(NEW.bundle()).reason == protocol.UPDATE_TRIAL
    sensor.store.confirm()
    assert sensor.host().begin(NEW.bundle()).reason == 0


def test_without_slots_there_is_none(sensor: Sensor) -> None:
    (sensor.root / "slot").unlink()
    assert sensor.host().begin(NEW.bundle()).reason == protocol.UPDATE_NO_SLOTS


def test_safe_mode_takes_one_with_no_way_back(sensor: Sensor) -> None:
    (sensor.root / "slot").write_bytes(slots.pack(slots.Pointer(slots.A, slots.SAFE, 0, 0)))
    host = sensor.host()
    assert host.send(NEW.bundle()).state == FILES
    assert host.finish().state == READY
    assert sensor.store.read() == slots.Pointer(slots.B, slots.TRIAL, 0, 0)


@pytest.mark.parametrize("action", [protocol.UPDATE_BLOCK, protocol.UPDATE_FINISH, protocol.UPDATE_CANCEL])
def test_what_was_not_begun_does_nothing(sensor: Sensor, action: int) -> None:
    assert sensor.host().ask(action, bytes(9)).reason == protocol.UPDATE_NOT_BEGUN


@pytest.mark.parametrize("body", [b"", b"\6", b"\xff", b"\1", b"\1" + bytes(32), b"\2\0\0\0", b"\5" + bytes(383)])
def test_a_body_of_another_shape_is_bad(sensor: Sensor, body: bytes) -> None:
    sensor.host().begin(NEW.bundle())
    assert sensor.update.ask(body, CABLE, True) == protocol.BAD_BODY


# --- the key ---


def test_the_key_is_set_over_the_cable_only_and_kept(sensor: Sensor, key: Any) -> None:
    sensor.pressed = True
    assert sensor.host(RADIO).ask(protocol.UPDATE_KEY, modulus(key)).reason == protocol.UPDATE_CABLE
    told = sensor.host().ask(protocol.UPDATE_KEY, modulus(key))
    assert (told.reason, told.key_id.to_bytes(4, "little")) == (0, hashlib.sha256(modulus(key)).digest()[:4])
    later = update_module.Update(sensor.board, sensor.store, SENSOR)
    assert Sender(later).ask(protocol.UPDATE_ASK).key_id == told.key_id
    assert sensor.host().ask(protocol.UPDATE_KEY).key_id == 0


@pytest.mark.parametrize("bad", [b"\x7f" + bytes(382) + b"\1", b"\x80" + bytes(383), b"\x80" + bytes(384)])
def test_what_is_no_key_is_not_kept(sensor: Sensor, bad: bytes) -> None:
    assert sensor.update.ask(bytes((protocol.UPDATE_KEY,)) + bad, CABLE, True) == protocol.BAD_BODY
    assert sensor.host().ask(protocol.UPDATE_ASK).key_id == 0


@pytest.mark.parametrize("digits", [767, 769, 1, 3])
def test_a_kept_key_of_an_odd_number_of_digits_is_a_fault_and_no_crash(sensor: Sensor, digits: int) -> None:
    form = config_file.Form("update_key", {"modulus": ""}, lambda _: None)
    form.save(sensor.board.config, {"modulus": "a" * digits})
    later = update_module.Update(sensor.board, sensor.store, SENSOR)
    assert later.fault == f"update_key: modulus of {digits} digits is none of RSA-3072"
    assert Sender(later).ask(protocol.UPDATE_ASK).key_id == 0
    with pytest.raises(config_file.ConfigError, match="none of RSA-3072"):
        policy.KEY.save(sensor.board.config, {"modulus": "a" * digits})


# --- hostile bundles ---


def reheaded(manifest: bytes, total: int, form: int = 0) -> bytes:
    """Return a head that fits a manifest which no packer would make."""
    raw = struct.pack("<4sBBHI", bundle.MAGIC, 1, form, len(manifest), total)
    return raw + struct.pack("<I", binascii.crc32(raw)) + manifest


def with_name(name: bytes, size: int = 5) -> bytes:
    entry = struct.pack("<HI32s", len(name), size, bytes(32)) + name
    return reheaded(b"\0\3\0\2\6\n\1" + struct.pack("<H", 1) + entry, min(size, 0xFFFFFFFF)) + bytes(9)


@pytest.mark.parametrize(
    "raw",
    [
        with_name(b"../barsensor.main.py"),
        with_name(b"/barsensor.main.py"),
        with_name(b"barsensor/main.py"),
        with_name(b"barsensor..main.py"),
        with_name(b"barsensor.main\0.py"),
        with_name(b"m" * 300 + b".py"),
        with_name(b"barsensor.main.py", 0xFFFFFFFF),
        reheaded(NEW.manifest, 0xFFFFFFFF) + bytes(500),
        reheaded(b"\0\3\0\2\6\n\1" + struct.pack("<H", 10_000) + bytes(16000), 10_000) + bytes(500),
        reheaded(NEW.manifest[:-1], sum(map(len, NEW.files.values()))) + bytes(500),
        b"BHFX" + NEW.bundle()[4:],
        bytes(600),
    ],
    ids=lambda raw: raw[:24].hex(),
)
def test_a_bundle_beyond_a_limit_is_refused(sensor: Sensor, raw: bytes) -> None:
    before = sensor.written()
    host = sensor.host()
    told = host.ask(protocol.UPDATE_BEGIN, struct.pack("<B32s", 0, hashlib.sha256(raw).digest()))
    if raw[:4] == bundle.MAGIC and raw[8:12] != b"\xff" * 4:
        told = host.begin(raw)
    while not told.reason and told.next < len(raw):
        told = host.block(raw, told.next)
    assert (told.state, told.reason) == (NONE, protocol.UPDATE_BUNDLE)
    assert sensor.written() == before


def test_a_truncated_bundle_never_finishes(sensor: Sensor) -> None:
    raw = NEW.bundle()
    for size in (16, 100, len(NEW.head()), len(NEW.head()) + 1, len(raw) - 1):
        host = sensor.host()
        host.begin(raw)
        host.send(raw[:size]) if size > len(NEW.head()) else None
        told = host.finish()
        assert told.reason == protocol.UPDATE_MISSING
    assert sensor.store.read().state == slots.CONFIRMED


def test_more_than_the_bundle_has_is_refused(sensor: Sensor) -> None:
    host, raw = sensor.host(), NEW.bundle() + b"more"
    told = host.send(raw)
    assert told.reason == protocol.UPDATE_BUNDLE


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (version(3, family=bundle.ESP32), protocol.UPDATE_BOARD),
        (version(3, loader=2), protocol.UPDATE_LOADER),
        (version(3, bytecode=5), protocol.UPDATE_BYTECODE),
        (version(3, arch=11), protocol.UPDATE_BYTECODE),
        (version(1), protocol.UPDATE_OLDER),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused(sensor: Sensor, one: Version, reason: int) -> None:
    sensor.refuses(one.bundle(), reason)


@pytest.mark.parametrize("one", [version(3, family=bundle.ANY), version(3, arch=0), version(2)])
def test_what_fits_any_board_or_is_the_same_version_is_taken(sensor: Sensor, one: Version) -> None:
    assert sensor.host().send(one.bundle()).state == FILES


def test_an_older_version_is_taken_when_that_is_wanted(sensor: Sensor) -> None:
    assert sensor.host().send(version(1).bundle(), protocol.UPDATE_DOWNGRADE).state == FILES


def test_an_older_version_is_taken_only_over_the_cable_however_well_it_is_signed(sensor: Sensor, key: Any) -> None:
    """Otherwise whoever has an old signed bundle could bring back its faults while the button is held for another."""
    old = signed(version(1), key)
    sensor.host().ask(protocol.UPDATE_KEY, modulus(key))
    sensor.pressed = True
    radio = sensor.host(RADIO)
    assert radio.send(old, protocol.UPDATE_DOWNGRADE).reason == protocol.UPDATE_CABLE
    assert sensor.host().send(old, protocol.UPDATE_DOWNGRADE).state == FILES
    assert radio.send(old, protocol.UPDATE_DOWNGRADE).reason == protocol.UPDATE_CABLE, "also where the cable began it"


def test_over_the_radio_only_with_button_key_and_signature(sensor: Sensor, key: Any) -> None:
    good = signed(NEW, key)
    sensor.refuses(good, protocol.UPDATE_BUTTON, RADIO)
    sensor.pressed = True
    sensor.refuses(good, protocol.UPDATE_NO_KEY, RADIO)
    sensor.host().ask(protocol.UPDATE_KEY, modulus(key))
    sensor.refuses(NEW.bundle(), protocol.UPDATE_UNSIGNED, RADIO)
    other = rsa.generate_private_key(65537, 3072)
    for link in (RADIO, CABLE):
        sensor.refuses(signed(NEW, other), protocol.UPDATE_SIGNATURE, link)
    sensor.refuses(signed(version(1), key), protocol.UPDATE_OLDER, RADIO)
    assert sensor.host(RADIO).send(good).state == FILES
    assert sensor.host(RADIO).finish().state == READY


def test_a_signed_manifest_that_was_changed_is_refused(sensor: Sensor, key: Any) -> None:
    sensor.host().ask(protocol.UPDATE_KEY, modulus(key))
    sensor.pressed = True
    signature = signed(NEW, key)[16 + len(NEW.manifest) :][:384]
    changed = bytearray(NEW.manifest)
    changed[80] ^= 1  # within a digest
    head = reheaded(bytes(changed), sum(map(len, NEW.files.values())), bundle.RSA_3072) + signature
    sensor.refuses(head + bytes(100), protocol.UPDATE_SIGNATURE, RADIO)


def test_a_head_that_is_not_the_announced_one_is_refused(sensor: Sensor) -> None:
    host, raw = sensor.host(), NEW.bundle()
    told = host.begin(version(5).bundle())
    while told.state == HEAD:
        told = host.block(raw, told.next)
    assert (told.state, told.reason) == (NONE, protocol.UPDATE_OTHER)
    assert set(sensor.written()) == {"slot"}


def test_no_noise_does_more_than_to_be_refused(sensor: Sensor) -> None:
    """Frames of every action with bodies half right: the old version stays whole, and an update still goes through."""
    dice, raw, host = random.Random(6), NEW.bundle(), sensor.host()
    for _ in range(3000):
        action, at = dice.randrange(8), dice.choice((0, 16, 300, 507, 1014, dice.randrange(len(raw))))
        body = dice.choice((b"", dice.randbytes(33), struct.pack("<I", at) + raw[at : at + dice.randrange(508)]))
        if action == protocol.UPDATE_BEGIN and dice.random() < 0.9:
            body = b"\0" + hashlib.sha256(NEW.head()).digest()
        if action != protocol.UPDATE_KEY:
            sensor.update.ask(bytes((action,)) + body, CABLE, True, dice.choice((0, 0, 0, protocol.UPDATE_BUSY)))
    assert sensor.store.is_whole(slots.A)
    assert sensor.store.read().state == slots.CONFIRMED
    assert host.send(raw).next == len(raw)
    assert host.finish().state == READY


def test_every_reason_has_its_text() -> None:
    numbers = {name: value for name, value in vars(protocol).items() if name.startswith("UPDATE_")}
    codes = {numbers[name] for name in numbers if name[7:] in REASONS}
    assert codes == set(protocol.UPDATE_REASON_TEXT) == set(range(1, 21))
    assert isinstance(State(0, 0, 0, 0, 0, 0, 0), State)


REASONS = (
    *("BUSY", "BATTERY", "BUTTON", "UNSIGNED", "SIGNATURE", "NO_KEY", "BOARD", "OLDER", "LOADER", "BYTECODE"),
    *("BUNDLE", "FILE", "MISSING", "NOT_BEGUN", "OFFSET", "TRIAL", "STORAGE", "OTHER", "CABLE", "NO_SLOTS"),
)
