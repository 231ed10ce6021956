"""Pairing: the key goes over the cable, proves both sides at every connection, and travels as a code."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from barcore import frame, protocol
from barhold.connection import Control, LockedError
from barhold.device import pairing
from barhold.errors import InputError, LinkError, RefusedError
from barhold.store import Device, Store
from barhold.sync.one_sensor import sync
from fake_sensor import DEVICE, FakeLog, ModernSensor, make, stored

NOW_MS = 1_900_000_000_000
KEY = bytes(range(32))
ID = DEVICE.hex()
CODE = "AAIS-EM2E-KVTK-UAAB-AIBQ-IBIG-A4EA-SCQL-BQGQ-4DYQ-CEJB-GFAV-CYLR-QGI2-DMOB-2HQ7"
Result = TypeVar("Result")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "barhold.db") as opened:
        yield opened


def ask(sensor: ModernSensor, work: Callable[[Control], Awaitable[Result]], store: "Store | None" = None) -> Result:
    """Do `work` in a connection: sealed with the key in `store`, or by cable, where no key is needed."""

    async def run() -> Result:
        return await work(await Control.open(sensor, store.key_of if store else lambda _: None))

    return asyncio.run(run())


def pair(sensor: ModernSensor, store: Store, new_key: bool = False) -> bool:
    return ask(sensor, lambda control: pairing.pair(control, store, lambda: NOW_MS, new_key))


def test_the_cable_gives_a_sensor_its_first_key_and_sync_needs_it_from_then_on(store: Store, tmp_path: Path) -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}), cable=True)
    assert pair(sensor, store)
    assert store.key_of(ID) == sensor.modern.key
    assert len(sensor.modern.key) == 32
    sensor.modern.cable = False
    with Store.open(tmp_path / "stranger.db") as stranger:
        with pytest.raises(LockedError, match=r"answers only to its owner.*barhold pair --usb"):
            asyncio.run(sync(sensor, stranger, lambda: NOW_MS))
        assert stored(stranger) == {}
    assert asyncio.run(sync(sensor, store, lambda: NOW_MS)).new == 1


def test_the_cable_brings_the_same_key_to_a_second_computer_and_replaces_it_when_asked(
    store: Store, tmp_path: Path
) -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}), cable=True)
    pair(sensor, store)
    with Store.open(tmp_path / "second.db") as second:
        assert not pair(sensor, second)
        assert second.key_of(ID) == store.key_of(ID) == sensor.modern.key
        assert pair(sensor, second, new_key=True)
        assert second.key_of(ID) == sensor.modern.key != store.key_of(ID)
    with pytest.raises(RefusedError, match="another key than the one stored here"):
        asyncio.run(sync(sensor, store, lambda: NOW_MS))


def test_by_radio_no_key_is_given_or_told_and_the_old_one_stays(store: Store) -> None:
    store.keep_key(ID, KEY, NOW_MS)
    sensor = ModernSensor(FakeLog({}))
    sensor.modern.key = KEY
    with pytest.raises(RefusedError, match=r"only over the cable.*--usb"):
        ask(sensor, lambda control: control.set_key(bytes(32)), store)
    assert ask(sensor, lambda control: control.access(), store).key == b""
    assert store.key_of(ID) == sensor.modern.key == KEY


def test_a_link_that_breaks_while_pairing_locks_nobody_out(store: Store) -> None:
    for break_at in range(2, 12):
        store.keep_key(ID, KEY, NOW_MS)
        sensor = ModernSensor(FakeLog({0: make(0)}), cable=True, break_at=break_at)
        sensor.modern.key = KEY
        try:
            pair(sensor, store, new_key=True)
        except LinkError:
            sensor._break_at = None
            pair(sensor, store)
        sensor._break_at = None
        asyncio.run(sync(sensor, store, lambda: NOW_MS))


def test_forgetting_takes_the_key_from_both(store: Store) -> None:
    sensor = ModernSensor(FakeLog({}), cable=True)
    pair(sensor, store)
    ask(sensor, lambda control: pairing.forget(control, store))
    assert (store.key_of(ID), sensor.modern.key) == (None, b"")


def test_opening_and_closing_need_a_key_and_its_proof(store: Store) -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}))
    with pytest.raises(RefusedError, match=r"has no key and answers everybody.*barhold pair --usb"):
        ask(sensor, lambda control: pairing.open_to_all(control, True))
    sensor.modern.key = KEY
    store.keep_key(ID, KEY, NOW_MS)
    ask(sensor, lambda control: pairing.open_to_all(control, True), store)
    assert sensor.modern.access.is_open
    with pytest.raises(RefusedError, match="answers only to its owner"):
        ask(sensor, lambda control: pairing.open_to_all(control, False))
    ask(sensor, lambda control: pairing.open_to_all(control, False), store)
    assert not sensor.modern.access.is_open


def test_a_sensor_of_today_keeps_syncing_and_says_what_pairing_needs(store: Store) -> None:
    sensor = ModernSensor(FakeLog({0: make(0)}), cable=True)
    sensor.modern.minor = 1
    assert asyncio.run(sync(sensor, store, lambda: NOW_MS)).new == 1
    with pytest.raises(RefusedError, match=r"speaks protocol 1\.1, which cannot do this .*since 1\.2.*update"):
        pair(sensor, store)
    assert store.key_of(ID) is None


def test_a_sensor_that_cannot_seal_is_not_believed_for_a_stored_key(store: Store) -> None:
    """Otherwise a relay would only have to say that it speaks 1.1."""
    store.keep_key(ID, KEY, NOW_MS)
    sensor = ModernSensor(FakeLog({0: make(0)}), cable=True)
    sensor.modern.key = KEY
    sensor.modern.minor = 1
    with pytest.raises(RefusedError, match=r"1\.1, which does not authenticate what it sends: .*barhold flash"):
        asyncio.run(sync(sensor, store, lambda: NOW_MS))
    assert stored(store) == {}


@pytest.mark.parametrize(
    ("key", "found", "next_step"),
    [(b"", "no proof", "If its key was taken away"), (b"\1" * 32, "another key", "If it was paired anew")],
)
def test_a_look_alike_is_refused_with_an_alarm_and_nothing_is_stored(
    store: Store, key: bytes, found: str, next_step: str
) -> None:
    store.keep_key(ID, KEY, NOW_MS)
    sensor = ModernSensor(FakeLog({0: make(0)}), name="evil")
    sensor.modern.key = key
    with pytest.raises(
        RefusedError, match=f"WARNING: this may be an impostor .*{found}.*{next_step}.*barhold pair --usb"
    ):
        asyncio.run(sync(sensor, store, lambda: NOW_MS))
    assert stored(store) == {}
    assert [device.name for device in store.devices()] == [""]
    assert sensor.kinds() == [protocol.HELLO]


def test_a_proof_heard_in_another_connection_proves_nothing(store: Store) -> None:
    store.keep_key(ID, KEY, NOW_MS)
    real = ModernSensor(FakeLog({0: make(0)}))
    real.modern.key = KEY
    asyncio.run(Control.open(real, store.key_of))
    [info] = real.modern.update(protocol.HELLO, 0, real.sent[0][1], 0)
    heard = frame.parse_info(frame.parse(info)[2])

    def replays(_: int, raw: bytes) -> list[bytes]:
        kind, nonce, body = frame.parse(raw)
        if kind == protocol.INFO:
            said = {tag: heard[tag] for tag in (protocol.INFO_PROOF, protocol.INFO_NONCE)}
            body = frame.pack_info((*frame.parse_info(body).items(), *said.items()))
        return [frame.pack(kind, nonce, body)]

    with pytest.raises(RefusedError, match="another key"):
        asyncio.run(sync(ModernSensor(FakeLog({0: make(0)}), replays), store, lambda: NOW_MS))


# --- the code -------------------------------------------------------------------------------------------------------


def test_a_code_carries_the_key_to_another_computer() -> None:
    code = pairing.pairing_code(ID, KEY)
    assert code.startswith(CODE)
    assert (len(code), code.count("-")) == (89, 17)
    assert pairing.parse_code(code) == (ID, KEY)
    assert pairing.parse_code(f"  {code.lower().replace('-', ' ')}\n") == (ID, KEY)


def test_a_code_that_was_copied_wrongly_is_refused() -> None:
    code = pairing.pairing_code(ID, KEY)
    wrong = ["", "hello", code[:-1], code + "A", code[:20] + code[25:], "1" + code[1:]]
    wrong += [
        code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :] for at in range(len(code)) if code[at] != "-"
    ]
    for text in wrong:
        with pytest.raises(InputError, match="not complete or has a wrong character"):
            pairing.parse_code(text)


def test_the_sensor_whose_code_is_shown_is_named_or_the_only_one(store: Store) -> None:
    with pytest.raises(InputError, match=r"no key is in the database: .*barhold pair --usb"):
        pairing.find_paired_sensor(store, "")
    for device_id, name in ((ID, "bar-1"), ("ff" * 8, "bar-2"), ("ee" * 8, "unpaired")):
        store.add_device(Device(device_id, name, "0.1.0", NOW_MS))
    store.keep_key(ID, KEY, NOW_MS)
    assert pairing.find_paired_sensor(store, "")[1] == KEY
    store.keep_key("ff" * 8, bytes(32), NOW_MS)
    assert pairing.find_paired_sensor(store, "BAR-2")[1] == bytes(32)
    assert pairing.find_paired_sensor(store, "0011")[1] == KEY
    with pytest.raises(InputError, match=r"2 sensors match\. Choose one with --sensor: bar-1 .*bar-2"):
        pairing.find_paired_sensor(store, "")
    with pytest.raises(InputError, match=r"no key of unpaired .*only of bar-1"):
        pairing.find_paired_sensor(store, "unpaired")


def test_keys_are_kept_per_sensor(store: Store) -> None:
    assert store.key_of(ID) is None
    store.keep_key(ID, KEY, 1)
    store.keep_key("ff" * 8, b"\2" * 32, 1)
    store.keep_key(ID, b"\3" * 32, 2)
    assert (store.key_of(ID), store.key_of("ff" * 8)) == (b"\3" * 32, b"\2" * 32)
    assert store.forget_key(ID)
    assert not store.forget_key(ID)
    assert store.key_of(ID) is None
