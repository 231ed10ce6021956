"""The bundle's bytes are pinned, and nothing that is no bundle within its limits is taken for one."""

import binascii
import hashlib
import random
import struct
from collections.abc import Callable

import pytest

from barcore import bundle
from barcore.bundle import BundleError, Manifest

FILES = [("barsensor.main.mpy", 5), ("barsensor.link.ble.mpy", 700), ("barsensor.link.__init__.mpy", 3)]
MUTANTS = 200_000


def digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def manifest(files: list[tuple[str, int]] | None = None, **changes: int) -> Manifest:
    told = {"family": bundle.ESP32S3, "bytecode": 6, "arch": 10, "loader": 1, **changes}
    rows = [(name, size, digest(name)) for name, size in files or FILES]
    return Manifest((0, 2, 1), told["family"], told["bytecode"], told["arch"], told["loader"], rows)


def raw_manifest(files: list[tuple[bytes, int]], count: int | None = None, head: bytes = b"\0\2\1\2\6\n\1") -> bytes:
    rows = [struct.pack("<HI32s", len(name), size, bytes(32)) + name for name, size in files]
    return head + struct.pack("<H", len(files) if count is None else count) + b"".join(rows)


def raw_header(size: int, total: int, form: int = 0, layout: int = 1, magic: bytes = b"BHFB") -> bytes:
    raw = struct.pack("<4sBBHI", magic, layout, form, size, total)
    return raw + struct.pack("<I", binascii.crc32(raw))


def test_a_bundles_head_is_these_bytes_and_back() -> None:
    raw = bundle.pack_head(bundle.pack_manifest(manifest()), bytes(range(128)) * 3)
    golden = (
        "42484642" + "01" + "01" + "be00" + "c4020000" + "dc9f7018"
        "000201" + "02" + "06" + "0a" + "01" + "0300"
        "1b00"
        + "03000000"
        + digest("barsensor.link.__init__.mpy").hex()
        + b"barsensor.link.__init__.mpy".hex()
        + "1600"
        + "bc020000"
        + digest("barsensor.link.ble.mpy").hex()
        + b"barsensor.link.ble.mpy".hex()
        + "1200"
        + "05000000"
        + digest("barsensor.main.mpy").hex()
        + b"barsensor.main.mpy".hex()
    )
    assert raw.hex() == golden + (bytes(range(128)) * 3).hex()
    parsed, told, signature = bundle.parse_head(raw)
    assert vars(parsed) == vars(manifest(sorted(FILES)))
    assert (told, signature) == (raw[16 : 16 + 190], bytes(range(128)) * 3)
    assert bundle.head_bytes(raw[:16]) == len(raw)


def test_the_same_files_give_the_same_bytes_in_any_order() -> None:
    assert bundle.pack_manifest(manifest(FILES[::-1])) == bundle.pack_manifest(manifest())


def test_a_name_is_a_path_and_back() -> None:
    for name, path in (("app.mpy", "app.mpy"), ("barsensor.link.ble.mpy", "barsensor/link/ble.mpy")):
        assert (bundle.path_of(name), bundle.name_of(path)) == (path, name)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([b"../main.py"], "must be of 1..24"),
        ([b"..main.py"], "must be of 1..24"),
        ([b".main.py"], "must be of 1..24"),
        ([b"/main.py"], "must be of 1..24"),
        ([b"a/main.py"], "must be of 1..24"),
        ([b"a\\main.py"], "must be of 1..24"),
        ([b"ma\0in.py"], "must be of 1..24"),
        ([b"Main.py"], "must be of 1..24"),
        ([b"m\xc3\xa4in.py"], "must be of 1..24"),
        ([b"a" * 25 + b".py"], "must be of 1..24"),
        ([b"a.b.c.main.py"], "must be a module"),
        ([b"main"], "must be a module"),
        ([b"py"], "must be a module"),
        ([b"main.txt"], "must be a module"),
        ([b"main.py\n"], "must be a module"),
        ([b""], "name bytes: 0"),
        ([b"a" * 300], "name bytes: 300, must be 1..100"),
        ([b"barsensor.app.py"], "no file is the module barsensor.main"),
        ([b"main.py", b"main.py"], "comes after"),
        ([b"main.py", b"app.py"], "comes after"),
        ([b"main.mpy", b"main.py"], "hides another"),
        ([b"link.a.py", b"link.py", b"main.py"], "hides another"),
        ([b"main.a.py", b"main.py"], "hides another"),
        ([b"a.b.c.py", b"a.b.py"], "hides another"),
        ([b"a.b.mpy", b"a.b.py"], "hides another"),
        ([b"barsensor.main.a.py"], "no file is the module"),
    ],
)
def test_a_name_that_is_no_module_or_hides_another_is_refused(names: list[bytes], text: str) -> None:
    with pytest.raises(BundleError, match=text):
        bundle.parse_manifest(raw_manifest([(name, 1) for name in names]))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "manifest bytes: 0, must be 9..16384"),
        (bytes(16385), "manifest bytes: 16385"),
        (raw_manifest([]), "files: 0, must be 1..192"),
        (raw_manifest([], 10_000), "files: 10000, must be 1..192"),
        (raw_manifest([(b"barsensor.main.py", 1)], 2), "ends within a file"),
        (raw_manifest([(b"barsensor.main.py", 1)])[:-1], "ends within a name"),
        (raw_manifest([(b"barsensor.main.py", 1)]) + b"\0", "its files end at"),
        (raw_manifest([(b"main.py", 0)]), "file bytes: 0"),
        (raw_manifest([(b"main.py", 16385)]), "file bytes: 16385, must be 1..16384"),
        (raw_manifest([(b"main.py", 0xFFFFFFFF)]), "file bytes: 4294967295"),
        (
            raw_manifest([(b"m%d.py" % i, 16384) for i in range(33)] + [(b"barsensor.main.py", 1)]),
            "bytes of all files: 540673",
        ),
        (raw_manifest([(b"barsensor.main.py", 1)], head=b"\0\2\1\3\6\n\1"), "board family: 3, must be 0..2"),
        (raw_manifest([(b"barsensor.main.mpy", 1)], head=b"\0\2\1\2\0\0\1"), "bytecode version is 0"),
    ],
)
def test_a_manifest_beyond_a_limit_is_refused_with_limit_and_value(raw: bytes, text: str) -> None:
    with pytest.raises(BundleError, match=text):
        bundle.parse_manifest(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (bytes(15), "header has 15 bytes"),
        (raw_header(9, 1, magic=b"BHFX"), "wrong magic"),
        (raw_header(9, 1)[:12] + bytes(4), "wrong magic or CRC"),
        (raw_header(9, 1, layout=2), "layout is 2"),
        (raw_header(9, 1, form=2), "signature 2"),
        (raw_header(8, 1), "manifest bytes: 8"),
        (raw_header(16385, 1), "manifest bytes: 16385"),
        (raw_header(9, 0), "bytes of all files: 0"),
        (raw_header(9, 0xFFFFFFFF), "bytes of all files: 4294967295, must be 1..524288"),
    ],
)
def test_a_header_beyond_a_limit_is_refused_before_anything_follows(raw: bytes, text: str) -> None:
    with pytest.raises(BundleError, match=text):
        bundle.head_bytes(raw)


def test_a_head_says_how_long_it_is_and_what_follows() -> None:
    told = bundle.pack_manifest(manifest())
    with pytest.raises(BundleError, match="head has 207 bytes, its header names 206"):
        bundle.parse_head(bundle.pack_head(told) + b"\0")
    with pytest.raises(BundleError, match="files have 708 bytes, the header names 709"):
        bundle.parse_head(raw_header(len(told), 709) + told)
    with pytest.raises(BundleError, match="signature has 5 bytes"):
        bundle.pack_head(told, bytes(5))


def test_what_no_sensor_takes_cannot_be_packed() -> None:
    for files in ([("barsensor.Main.py", 1)], [("barsensor.main.py", 0)], [(f"m{i}.py", 1) for i in range(193)]):
        with pytest.raises(BundleError):
            bundle.pack_manifest(manifest(files))


def mutant(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 5))):
        at = dice.randrange(len(changed))
        kind = dice.randrange(4)
        if kind == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            changed[at] = dice.choice((0, 1, 46, 47, 127, 128, 255))
        elif kind == 2:
            del changed[at : at + dice.choice((1, 2, 4, 38))]
        else:
            changed[at:at] = dice.randbytes(dice.choice((1, 2, 4, 38)))
        if not changed:
            break
    return bytes(changed)


def outcome(parse: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return parse(raw)
    except BundleError:
        return None


def test_no_mutant_does_more_than_to_be_refused_or_to_hold_to_every_limit() -> None:
    dice = random.Random(6)
    told = bundle.pack_manifest(manifest([*FILES, ("barsensor.boards.esp.py", 9000), ("a.py", 1)]))
    head = bundle.pack_head(told)
    taken = 0
    for _ in range(MUTANTS // 2):
        found = outcome(bundle.parse_manifest, mutant(told, dice))
        taken += isinstance(found, Manifest)
        if isinstance(found, Manifest):
            assert sum(size for _, size, _ in found.files) <= bundle.TOTAL_MOST
            for name, size, sha in found.files:
                assert 0 < size <= bundle.FILE_MOST
                assert len(sha) == 32
                assert ".." not in name
                assert not set(name) - set(bundle.LETTERS + ".")
        with_crc = mutant(head[:12], dice)[:12]
        outcome(bundle.parse_head, with_crc + struct.pack("<I", binascii.crc32(with_crc)) + mutant(head[16:], dice))
    assert taken > MUTANTS // 100, "the fuzzer reaches beyond the first check"
