"""Plans as TOML files: the built-in ones, the user's own, and which of them is chosen."""

import os
from dataclasses import dataclass
from pathlib import Path

from barhold import files
from barhold.errors import InputError
from barhold.plans import toml_format
from barhold.plans.plan import DEFAULT, Plan

BUILT_IN = Path(__file__).parent
MAX_BYTES = 16 << 10


@dataclass(frozen=True, slots=True)
class PlanFile:
    """One plan that has a name: where its file lies."""

    name: str
    path: Path
    own: bool  # the user's own, not a built-in one


def find(name_or_file: str | None) -> Plan:
    """Return a plan by its name or its file; None is BARHOLD_PLAN, then the chosen one, then hip-thrust.

    InputError names file, line, reason and next step.
    """
    return read(path_of(name_or_file or plan_in_force()))


def plan_in_force() -> str:
    """Return the name or file of the plan that applies unless another is named."""
    return os.environ.get("BARHOLD_PLAN") or chosen_name() or DEFAULT.name


def path_of(name_or_file: str) -> Path:
    """Return the file of a plan; a name's own file goes before the built-in one."""
    if name_or_file.endswith(".toml"):
        return Path(name_or_file).expanduser()
    for one in list_plans():
        if one.name == name_or_file:
            return one.path
    names = ", ".join(one.name for one in list_plans())
    raise InputError(
        f"plan {name_or_file!r}: there are {names}; a file of your own ends in .toml or lies in {folder()}"
    )


def read(path: Path) -> Plan:
    """Return the plan in a file, named after it."""
    return toml_format.parse(path.stem, read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """Return the content of a plan's file; InputError if it cannot be one."""
    return files.read(path, MAX_BYTES, "name a plan (`barhold plan list`) or its TOML file")


def list_plans() -> list[PlanFile]:
    """Return every plan that has a name, in the order of the names; a user's own hides a built-in one."""
    found = {path.stem: PlanFile(path.stem, path, False) for path in BUILT_IN.glob("*.toml")}
    found |= {path.stem: PlanFile(path.stem, path, True) for path in folder().glob("*.toml")}
    return [found[name] for name in sorted(found)]


def choose(name_or_file: str) -> Plan:
    """Choose the plan that counts from now on, if it can be read; a file is remembered by its full path."""
    plan, text = find(name_or_file), lasting_name(name_or_file)
    if not _choice().is_absolute() and not os.environ.get("BARHOLD_CONFIG"):
        raise InputError("there is no home folder: set HOME, or BARHOLD_PLAN instead of choosing a plan")
    try:
        _choice().parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{_choice()}: cannot be written ({err.strerror}): set BARHOLD_PLAN instead") from None
    files.write_atomically({_choice(): f"{text}\n".encode()}, overwrite=True)
    return plan


def lasting_name(name_or_file: str) -> str:
    """Return what names this plan from any folder, if it can be read: its name, or its file's full path."""
    find(name_or_file)
    return str(path_of(name_or_file).resolve()) if name_or_file.endswith(".toml") else name_or_file


def chosen_name() -> str:
    """Return what `choose` was given last, "" if nothing."""
    try:
        return read_bytes(_choice()).decode().strip() if _choice().is_file() else ""
    except (InputError, UnicodeDecodeError):
        return ""


def folder() -> Path:
    """Return the folder of the user's own plans, which need not exist."""
    return _config() / "plans"


def _choice() -> Path:
    return _config() / "plan.txt"


def _config() -> Path:
    if os.environ.get("BARHOLD_CONFIG"):
        return Path(os.environ["BARHOLD_CONFIG"])
    from platformdirs import user_config_path  # noqa: PLC0415 - not needed where the folder is named

    try:
        return user_config_path("barhold", appauthor=False)
    except RuntimeError:  # without a home folder there are only the built-in plans
        return Path("~", "barhold")
