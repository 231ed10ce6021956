"""Kept files: they come back, survive cuts and damage as defaults that are told, and keep what newer firmware wrote."""

import binascii
import json
import random
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import poses
from barcore.settings import Settings
from barsensor.access import Access
from barsensor.boards import storage
from barsensor.storage import config
from memory_nvs import MemoryNvs
from mpy import load_config_files as script
from mpy import rig

FORMS = [config.SETTINGS, config.CALIBRATION]


def signed(line: str | bytes) -> bytes:
    raw = line.encode() if isinstance(line, str) else line
    return raw + b"\n%08x\n" % binascii.crc32(raw)


def holding(raw: bytes | None, name: str = "settings") -> Any:
    place = storage.MemoryStorage(None)
    if raw is not None:
        place.replace(name, raw)
    return place


class Cutting(storage.MemoryStorage):  # type: ignore[misc]
    """Loses power at its `cut_at`-th write, before or after that took place."""

    def __init__(self, cut_at: int, written: bool) -> None:
        super().__init__(None)
        self.left, self.written = cut_at, written

    def replace(self, name: str, data: bytes) -> None:
        self.left -= 1
        if self.left or self.written:
            super().replace(name, data)
        if not self.left:
            raise OSError("power")


class Failing(storage.MemoryStorage):  # type: ignore[misc]
    def read_into(self, name: str, at: int, buf: bytearray) -> int:
        raise OSError(5)


def test_without_files_there_are_defaults_and_no_fault() -> None:
    place = holding(None)
    assert config.SETTINGS.load(place) == (
        {"name": "Barhold", "target_ms": 2000, "long_ms": 3500, "least_mm": 80, "most_mm": 1000, "rate_hz": 104},
        "",
    )
    values, fault = config.CALIBRATION.load(place)
    assert (values["calibrated"], config.uncalibrated_axes(values), fault) == (False, 63, "")
    assert place.files == {}


def test_the_text_is_json_with_version_and_crc() -> None:
    place = holding(None)
    config.SETTINGS.save(place, {"name": "Left"})
    line, crc, end = place.files["settings"].split(b"\n")
    limits = b'"least_mm": 80, "long_ms": 3500, "most_mm": 1000'
    assert line == b'{"version": 1, %s, "name": "Left", "rate_hz": 104, "target_ms": 2000}' % limits
    assert (int(crc, 16), end) == (binascii.crc32(line), b"")


@given(
    st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=20).filter(lambda s: len(s.encode()) <= 20),
    st.integers(0, 60000),
    st.integers(0, 60000),
    st.sampled_from([104, 208]),
)
def test_settings_come_back(name: str, target_ms: int, long_ms: int, rate_hz: int) -> None:
    place = holding(None)
    holds = {"target_ms": target_ms, "long_ms": long_ms}
    values = {"name": name, **holds, "least_mm": 80, "most_mm": 1000, "rate_hz": rate_hz}
    config.SETTINGS.save(place, values)
    assert config.SETTINGS.load(place) == (values, "")


def test_a_calibration_comes_back_and_the_detector_takes_it(tmp_path) -> None:
    found = poses.calibrated(poses.Part(random.Random(1)), extra=1)
    place = storage.FolderStorage(str(tmp_path / "kept"), None)
    config.CALIBRATION.save(place, config.calibration_of(found, config.CALIBRATION.values()))
    values, fault = config.CALIBRATION.load(place)
    assert (fault, config.uncalibrated_axes(values), values["poses"]) == ("", 0, 7)
    told = config.detector_settings(config.SETTINGS.values(), values)
    assert vars(told) == vars(
        Settings(2000, found.acc_offset, found.acc_scale, found.gyro_offset, calibrated=True),
    )


@pytest.mark.parametrize(
    ("form", "change", "fault"),
    [
        (config.SETTINGS, {"name": ""}, "name is '', must have 1..20 bytes"),
        (config.SETTINGS, {"name": "ä" * 11}, "must have 1..20 bytes"),
        (config.SETTINGS, {"name": "a\nb"}, "must have 1..20 bytes"),
        (config.SETTINGS, {"name": "\ud83d"}, "must have 1..20 bytes"),
        (config.SETTINGS, {"name": 5}, "name is 5"),
        (config.SETTINGS, {"target_ms": -1}, "target_ms is -1, must be 0..60000"),
        (config.SETTINGS, {"target_ms": True}, "target_ms is True"),
        (config.SETTINGS, {"long_ms": 60001}, "long_ms is 60001, must be 0..60000"),
        (config.SETTINGS, {"rate_hz": 100}, "rate_hz is 100, must be 104 or 208"),
        (config.SETTINGS, {"target_ms": 2000.0}, "must be a whole number"),
        (config.SETTINGS, {"later": {"a": 1}}, "must be a whole number"),
        (config.SETTINGS, {"later": [[1]]}, "must be a whole number"),
        (config.SETTINGS, {"later": None}, "must be a whole number"),
        (config.CALIBRATION, {"calibrated": 1}, "must be true or false"),
        (config.CALIBRATION, {"acc_offset": [0, 0, 615]}, "must be three of -614..614"),
        (config.CALIBRATION, {"acc_offset": [0, 0]}, "must be three of"),
        (config.CALIBRATION, {"acc_offset": 5}, "must be three of"),
        (config.CALIBRATION, {"acc_scale": [4096, 3685, 4096]}, "must be three of 3686..4506"),
        (config.CALIBRATION, {"gyro_offset": [641, 0, 0]}, "must be three of -640..640"),
        (config.CALIBRATION, {"gyro_offset": "abc"}, "must be three of"),
        (config.CALIBRATION, {"poses": 256}, "poses is 256"),
    ],
)
def test_out_of_range_is_neither_written_nor_believed(form: Any, change: dict[str, Any], fault: str) -> None:
    place = holding(None)
    with pytest.raises(config.ConfigError, match=fault):
        form.save(place, change)
    assert place.files == {}
    place.replace(form.name, signed(json.dumps({"version": 1, **change})))
    values, said = form.load(place)
    assert values == form.values()
    assert said.startswith(f"{form.name}: ")
    assert fault in said
    assert len(said) < 120


BAD = [
    (b"", "torn or damaged"),
    (b"x", "torn or damaged"),
    (bytes(4096), "over 2048 bytes"),
    (bytes(2048), "torn or damaged"),
    (signed('{"version": 1}')[:-1], "torn or damaged"),
    (signed('{"version": 1}').replace(b"1", b"2", 1), "torn or damaged"),
    (signed("nonsense"), "holds no values"),
    (signed(b'{"version": 1, "name": "\xff"}'), "holds no values"),
    (signed("[1, 2]"), "holds no values"),
    (signed("[" * 2000), "holds no values"),
    (signed('{"version": 1, "a": ' + "[" * 900 + "1" + "]" * 900 + "}"), "holds no values"),
    (signed("{}"), "version is 0, must be 1..1"),
    (signed('{"version": 2, "name": "Newer"}'), "version is 2, must be 1..1"),
    (signed('{"version": "one"}'), "version is 'one'"),
    (signed('{"version": true}'), "version is True"),
    (signed('{"version": %s}' % ("9" * 1900)), "version is 9999"),
]


@pytest.mark.parametrize(("raw", "fault"), BAD, ids=range(len(BAD)))
def test_a_bad_file_gives_defaults_is_reported_and_left_then_kept_aside_once(raw: bytes, fault: str) -> None:
    place = holding(raw)
    for _ in range(3):
        values, said = config.SETTINGS.load(place)
        assert (values, place.files) == (config.SETTINGS.values(), {"settings": raw})
        assert said.startswith("settings: " + fault)
        assert len(said) < 120
    values["target_ms"] = 3000
    config.SETTINGS.save(place, values)
    assert config.SETTINGS.load(place) == (values, "")
    assert place.files["settings.bad"] == raw[:2049]
    place.replace("settings", b"bad again")
    config.SETTINGS.save(place, values)
    config.SETTINGS.save(place, values)
    assert sorted(place.files) == ["settings", "settings.bad"]
    assert place.files["settings.bad"] == b"bad again"


def test_the_same_values_are_not_written_again() -> None:
    place = Cutting(2, written=True)
    config.SETTINGS.save(place, {"target_ms": 3000})
    config.SETTINGS.save(place, {"target_ms": 3000})
    assert place.left == 1


def test_a_file_that_cannot_be_read_is_reported() -> None:
    place = Failing(None)
    place.replace("settings", signed('{"version": 1, "name": "Left"}'))
    values, fault = config.SETTINGS.load(place)
    assert values == config.SETTINGS.values()
    assert fault == "settings: cannot be read (5)"
    config.SETTINGS.save(place, values)
    assert list(place.files) == ["settings"]


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("before", [None, b"bad", signed('{"version": 1, "name": "Old"}')])
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new(before: bytes | None, written: bool) -> None:
    for cut_at in (1, 2):
        place = Cutting(cut_at, written)
        place.files = {} if before is None else {"settings": before}
        old = config.SETTINGS.load(place)
        cut = False
        try:
            config.SETTINGS.save(place, {"name": "New"})
        except OSError:
            cut = True
        after = config.SETTINGS.load(place)
        assert after[0]["name"] == "New" or after == old
        assert cut or after[0]["name"] == "New"
        if before == b"bad":
            assert before in place.files.values(), "the bad file is never lost"


def test_a_file_that_was_saved_once_and_is_gone_is_reported_and_its_key_opens_the_sensor_to_nobody(
    tmp_path: Path,
) -> None:
    """One flipped bit in littlefs's root can take the whole folder away."""
    nvs = MemoryNvs()
    place = storage.FolderStorage(str(tmp_path / "config"), None, nvs)
    access = Access(place)
    assert access.answers_everybody
    access.set_key(bytes(range(32)))
    for form in FORMS:
        assert form.load(place)[1] == "", "it never was there"
        form.save(place, {})
    shutil.rmtree(tmp_path / "config")
    again = storage.FolderStorage(str(tmp_path / "config"), None, nvs)
    for form in FORMS:
        assert form.load(again) == (form.values(), f"{form.name}: gone from flash")
        form.save(again, {})
        assert form.load(again) == (form.values(), "")
    access = Access(again)
    assert access.fault == "key: gone from flash"
    assert not access.answers_everybody
    assert access.key_for_cable == b""


def test_a_newer_firmwares_keys_are_kept_when_rewritten() -> None:
    place = holding(signed('{"version": 1, "name": "Left", "lamp": [1, -2], "mode": "quiet", "loud": false}'))
    values, fault = config.SETTINGS.load(place)
    assert fault == ""
    values["target_ms"] = 3000
    config.SETTINGS.save(place, values)
    found = json.loads(place.files["settings"].split(b"\n")[0])
    assert (found["lamp"], found["mode"], found["loud"]) == ([1, -2], "quiet", False)
    assert (found["name"], found["target_ms"], found["rate_hz"]) == ("Left", 3000, 104)


def third() -> Any:
    """A form that has seen two changes: seconds became ms, then a name was added that must not be empty."""

    def to_ms(values: dict[str, Any]) -> dict[str, Any]:
        values["target_ms"] = values.pop("target_s") * 1000
        return values

    def named(values: dict[str, Any]) -> dict[str, Any]:
        values["name"] = "Was " + str(values["target_ms"])
        return values

    return config.Form("settings", config.SETTINGS.values(), config.SETTINGS._check_values, (to_ms, named))


@pytest.mark.parametrize(
    ("line", "name", "target_ms"),
    [
        ('{"version": 1, "target_s": 4}', "Was 4000", 4000),
        ('{"version": 2, "target_ms": 4}', "Was 4", 4),
        ('{"version": 3, "target_ms": 4}', "Barhold", 4),
    ],
)
def test_older_versions_migrate_step_by_step(line: str, name: str, target_ms: int) -> None:
    form, place = third(), holding(signed(line))
    assert form.version == 3
    values, fault = form.load(place)
    assert (values["name"], values["target_ms"], fault) == (name, target_ms, "")
    form.save(place, values)
    assert json.loads(place.files["settings"].split(b"\n")[0])["version"] == 3
    assert "settings.bad" not in place.files


@pytest.mark.parametrize(
    "line", ['{"version": 1}', '{"version": 1, "target_s": [1]}', '{"version": 1, "target_s": 99}']
)
def test_what_does_not_migrate_is_a_fault(line: str) -> None:
    values, fault = third().load(holding(signed(line)))
    assert values == config.SETTINGS.values()
    assert fault.startswith(("settings: version 1 does not migrate", "settings: target_ms is ", "settings: name is "))


@given(st.binary(max_size=3000), st.booleans())
def test_any_bytes_do_no_harm(raw: bytes, sealed: bool) -> None:
    raw = signed(raw) if sealed else raw
    for form in FORMS:
        values, fault = form.load(holding(raw, form.name))
        assert values == form.values()
        assert fault


def mutants() -> list[bytes]:
    """Good files with bytes changed, cut and doubled, most of them with their CRC made right again."""
    rng = random.Random(1)
    good = [
        b'{"version": 1, "name": "Left", "target_ms": 2000, "later": [1, 2], "mode": "quiet"}',
        b'{"version": 1, "calibrated": true, "acc_offset": [1, -2, 3], "acc_scale": [4100, 4096, 4000]}',
    ]
    found = [raw for raw, _ in BAD if len(raw) < 65536]
    for i in range(1500):
        raw = bytearray(good[i % 2])
        for _ in range(rng.randint(1, 4)):
            at, kind = rng.randrange(len(raw)), rng.randrange(4)
            if kind == 0:
                raw[at] = rng.choice(b'{}[]",:0-e.\\tfn\xff\x00')
            elif kind == 1:
                del raw[at : at + rng.randint(1, 9)]
            elif kind == 2:
                raw[at:at] = raw[at : at + rng.randint(1, 30)]
            else:
                raw[at:at] = rng.choice([b"[[[", b"}{", b"1e999", b"NaN", b"null", b'\\ud83d"', b"-", b"9" * 40])
            raw = raw or bytearray(b"{")
        found.append(signed(bytes(raw)) if i % 5 else bytes(raw))
    return found


def packed(files: list[bytes]) -> bytes:
    return b"".join(struct.pack("<H", len(raw)) + raw for raw in files)


def test_mutated_files_do_no_harm_in_either_interpreter() -> None:
    files = packed(mutants())
    assert len(script.lines(config, storage, files)) == 2 * len(mutants())
    assert rig.run(rig.HERE / "load_config_files.py", "count", stdin=files) == f"{2 * len(mutants())}\n"


def test_both_interpreters_read_and_write_the_same() -> None:
    lines = [
        '{"version": 1}',
        '{"version": 1, "name": "Bar \\u00e4", "target_ms": 0, "long_ms": 60000, "least_mm": 80, "most_mm": 1000, '
        '"rate_hz": 208}',
        '{"version": 1, "later": [1, 2, -3], "quiet": true, "name": "<&[{"}',
        '{"version": 1, "calibrated": true, "acc_offset": [1, -614, 614], "acc_scale": [3686, 4506, 4096]}',
        '{"version": 1, "target_ms": 60001}',
        '{"version": 7}',
        '{"version": 1, "name": 1.5}',
    ]
    files = packed([signed(line) for line in lines if "\\u" not in line] + [raw for raw, _ in BAD])
    there = rig.run(rig.HERE / "load_config_files.py", stdin=files).split("\n")[:-1]
    assert there == script.lines(config, storage, files)
    rig.run(rig.HERE / "load_config_files.py", "count", stdin=packed([signed(lines[1])]))
