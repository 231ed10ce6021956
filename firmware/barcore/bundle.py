"""A firmware bundle: one file, made by a host, taken by a sensor in blocks; every bound is checked in its head.

Its head, little-endian; then the files, in the manifest's order, with nothing between or after them:

    header      0   4s   magic
                4   u8   layout version
                5   u8   signature: UNSIGNED or RSA_3072
                6   u16  manifest bytes
                8   u32  bytes of all files together
                12  u32  CRC-32 of bytes 0..11
    manifest    0   3 B  version: major, minor, patch
                3   u8   board family
                4   u8   bytecode version; 0 when no file is bytecode
                5   u8   architecture of its native code (`sys.implementation._mpy >> 10`); 0 for none
                6   u8   least loader
                7   u16  number of files, then for each, sorted by name:
                    u16  name bytes
                    u32  size
                    32s  SHA-256
                         name
    signature   nothing, or 384 bytes: RSA-3072, PKCS#1 v1.5 with SHA-256, over the manifest

A name is the dotted name of a module with the file's suffix: `barsensor.link.ble.mpy` lies at barsensor/link/ble.mpy,
and no file lies deeper than two folders.
"""

import binascii
import struct

MAGIC = b"BHFB"
LAYOUT = 1
UNSIGNED, RSA_3072 = 0, 1
SIGNATURE_BYTES = 384
HEADER_FORMAT = "<4sBBHI"
HEADER_BYTES = 16
MANIFEST_FORMAT = "<3sBBBBH"
MANIFEST_LEAST = 9
MANIFEST_MOST = 16384
HEAD_MOST = HEADER_BYTES + MANIFEST_MOST + SIGNATURE_BYTES
ENTRY_FORMAT = "<HI32s"
ENTRY_BYTES = 38
FILES_MOST = 192
FILE_MOST = 16384
"""A sensor keeps a file in memory until it is whole and right."""
TOTAL_MOST = 524288
PART_MOST = 24
PARTS_MOST = 3
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"
SUFFIXES = ("py", "mpy")
ANY, ESP32, ESP32S3 = 0, 1, 2
FAMILIES = ("any", "esp32", "esp32s3")
ENTRY = "barsensor.main"
"""The module that a slot is started by."""


class BundleError(ValueError):
    """Bytes that are no bundle this sensor would take; the text names the limit and the value."""


class Manifest:
    """What a bundle holds: `version` (major, minor, patch), `files` as (name, size, SHA-256), and what runs it."""

    def __init__(
        self,
        version: "tuple[int, ...]",
        family: int,
        bytecode: int,
        arch: int,
        loader: int,
        files: "list[tuple[str, int, bytes]]",
    ) -> None:
        self.version = version
        self.family = family
        self.bytecode = bytecode
        self.arch = arch
        self.loader = loader
        self.files = files

    @property
    def total_bytes(self) -> int:
        """Return the bytes of all files."""
        return sum([size for _, size, _ in self.files])


def pack_manifest(manifest: Manifest) -> bytes:
    """Return the manifest's bytes, its files sorted; what no sensor would take is a BundleError."""
    files = sorted(manifest.files)
    fields = (bytes(manifest.version), manifest.family, manifest.bytecode, manifest.arch, manifest.loader)
    if len(files) > FILES_MOST:
        raise BundleError("%d files, at most %d" % (len(files), FILES_MOST))
    raw = struct.pack(MANIFEST_FORMAT, *fields, len(files))
    for name, size, digest in files:
        raw += struct.pack(ENTRY_FORMAT, len(name), size, digest) + name.encode()
    parse_manifest(raw)
    return raw


def pack_head(manifest: bytes, signature: bytes = b"") -> bytes:
    """Return the head of a bundle; its files follow as they are."""
    if len(signature) not in (0, SIGNATURE_BYTES):
        raise BundleError("signature has %d bytes, must have 0 or %d" % (len(signature), SIGNATURE_BYTES))
    form = RSA_3072 if signature else UNSIGNED
    total_bytes = parse_manifest(manifest).total_bytes
    head = struct.pack(HEADER_FORMAT, MAGIC, LAYOUT, form, len(manifest), total_bytes)
    return head + struct.pack("<I", binascii.crc32(head)) + manifest + signature


def head_bytes(raw: "bytes | bytearray") -> int:
    """Return the size of the head whose first HEADER_BYTES are `raw`, or raise BundleError."""
    if len(raw) < HEADER_BYTES:
        raise BundleError("header has %d bytes, must have %d" % (len(raw), HEADER_BYTES))
    magic, layout, form, size, total_bytes = struct.unpack_from(HEADER_FORMAT, raw)
    if magic != MAGIC or struct.unpack_from("<I", raw, 12)[0] != binascii.crc32(bytes(raw[:12])):
        raise BundleError("header has a wrong magic or CRC")
    if layout != LAYOUT or form not in (UNSIGNED, RSA_3072):
        raise BundleError("layout is %d with signature %d, this one reads %d with 0 or 1" % (layout, form, LAYOUT))
    _within("manifest bytes", size, MANIFEST_LEAST, MANIFEST_MOST)
    _within("bytes of all files", total_bytes, 1, TOTAL_MOST)
    return HEADER_BYTES + int(size) + (SIGNATURE_BYTES if form else 0)


def parse_head(raw: "bytes | bytearray") -> "tuple[Manifest, bytes, bytes]":
    """Return (manifest, its bytes, signature or b"") of exactly one head, or raise BundleError."""
    if len(raw) != head_bytes(raw):
        raise BundleError("head has %d bytes, its header names %d" % (len(raw), head_bytes(raw)))
    size, total_bytes = struct.unpack_from("<HI", raw, 6)
    manifest = bytes(raw[HEADER_BYTES : HEADER_BYTES + size])
    parsed = parse_manifest(manifest)
    if parsed.total_bytes != total_bytes:
        raise BundleError("files have %d bytes, the header names %d" % (parsed.total_bytes, total_bytes))
    return parsed, manifest, bytes(raw[HEADER_BYTES + size :])


def parse_manifest(raw: bytes) -> Manifest:
    """Return the manifest, or raise BundleError."""
    _within("manifest bytes", len(raw), MANIFEST_LEAST, MANIFEST_MOST)
    version, family, bytecode, arch, loader, count = struct.unpack_from(MANIFEST_FORMAT, raw)
    _within("board family", family, 0, len(FAMILIES) - 1)
    _within("files", count, 1, FILES_MOST)
    files, at = [], MANIFEST_LEAST
    for _ in range(count):
        entry, at = _parse_entry(raw, at)
        files.append(entry)
    if at != len(raw):
        raise BundleError("manifest has %d bytes, its files end at %d" % (len(raw), at))
    manifest = Manifest(tuple(version), family, bytecode, arch, loader, files)
    _within("bytes of all files", manifest.total_bytes, 1, TOTAL_MOST)
    _check_names([name for name, _, _ in files])
    if not bytecode and any(name.endswith(".mpy") for name, _, _ in files):
        raise BundleError("bytecode version is 0, but there is bytecode")
    return manifest


def path_of(name: str) -> str:
    """Return where in its slot the file `name` of a manifest lies."""
    stem, _, suffix = name.rpartition(".")
    return stem.replace(".", "/") + "." + suffix


def name_of(path: str) -> str:
    """Return the name in a manifest of the file at `path` in a slot."""
    return path.replace("/", ".")


def _parse_entry(raw: bytes, at: int) -> "tuple[tuple[str, int, bytes], int]":
    end = at + ENTRY_BYTES
    if end > len(raw):
        raise BundleError("manifest of %d bytes ends within a file" % len(raw))
    length, size, digest = struct.unpack_from(ENTRY_FORMAT, raw, at)
    _within("name bytes", length, 1, (PART_MOST + 1) * (PARTS_MOST + 1))
    _within("file bytes", size, 1, FILE_MOST)
    if end + length > len(raw):
        raise BundleError("manifest of %d bytes ends within a name" % len(raw))
    name = ""
    for byte in raw[end : end + length]:
        name += chr(byte)
    return (name, size, digest), end + length


def _check_names(names: "list[str]") -> None:
    """Refuse names that are no module names, come twice, unsorted, or of which one would hide another."""
    is_package: "dict[str, bool]" = {}
    for at, name in enumerate(names):
        if at and name <= names[at - 1]:
            raise BundleError("file %r comes after %r" % (name, names[at - 1]))
        parts = name.split(".")
        if not 2 <= len(parts) <= PARTS_MOST + 1 or parts[-1] not in SUFFIXES:
            raise BundleError("file %r must be a module at most %d packages deep, .py or .mpy" % (name, PARTS_MOST - 1))
        for part in parts[:-1]:
            if not 0 < len(part) <= PART_MOST or not all(letter in LETTERS for letter in part):
                raise BundleError("file %r must be of 1..%d of a-z, 0-9 and _ between dots" % (name, PART_MOST))
        for depth in range(1, len(parts) - 1):
            if not is_package.setdefault(".".join(parts[:depth]), True):
                raise BundleError("file %r hides another" % name)
        module = ".".join(parts[:-1])
        if module in is_package:
            raise BundleError("file %r hides another" % name)
        is_package[module] = False
    if is_package.get(ENTRY, True):
        raise BundleError("no file is the module %s" % ENTRY)


def _within(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise BundleError("%s: %d, must be %d..%d" % (what, value, least, most))
