"""Bluetooth on Linux: finds out why BlueZ does not work, and which command helps."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_DAEMONS = ("/usr/libexec/bluetooth/bluetoothd", "/usr/lib/bluetooth/bluetoothd", "/usr/sbin/bluetoothd")
_INSTALL = {
    "debian": "sudo apt install bluez",
    "ubuntu": "sudo apt install bluez",
    "fedora": "sudo dnf install bluez",
    "arch": "sudo pacman -S bluez bluez-utils",
    "suse": "sudo zypper install bluez",
}
_START = "sudo systemctl enable --now bluetooth"
DENIED = "you have no permission for Bluetooth: run `sudo usermod -aG bluetooth $USER`, then log in again"
OFF = "Bluetooth is off: run `rfkill unblock bluetooth && bluetoothctl power on`, or use the cable (--usb)"


@dataclass(frozen=True, slots=True)
class State:
    """The state of Bluetooth on this computer."""

    system: str  # the ID and ID_LIKE of /etc/os-release
    installed: bool
    running: bool
    adapters: tuple[str, ...]  # hci0, ... as the kernel knows them


def read_state(root: Path = Path("/")) -> State:
    """Return the state of this computer, from its files below `root`."""
    told = ""
    with suppress(OSError):
        told = (root / "etc/os-release").read_text(encoding="utf-8")
    system = " ".join(re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)', told, re.MULTILINE))
    installed = any((root / name.lstrip("/")).exists() for name in _DAEMONS)
    adapters = tuple(sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci*")))
    return State(system, installed, _is_running(root / "proc"), adapters)


def explain(state: State) -> str:
    """Return what is wrong and the command that helps, for a computer on which no adapter can be used."""
    if not state.installed:
        names = [name for name in state.system.split() if name in _INSTALL]
        command = _INSTALL[names[0]] if names else "install the package `bluez`"
        return f"BlueZ is not installed: run `{command} && {_START}`" if names else f"BlueZ is not installed: {command}"
    if not state.running:
        return f"Bluetooth's service is not running: run `{_START}`"
    if not state.adapters:
        return "this computer has no Bluetooth adapter: plug one in, or use the cable (--usb)"
    return (
        f"BlueZ does not offer {state.adapters[0]}, which the kernel knows: run `rfkill unblock bluetooth && "
        f"sudo systemctl restart bluetooth`"
    )


def explain_error(text: str, state: State) -> str:
    """Return the same for a D-Bus error's text; "" if it has another cause."""
    if "AccessDenied" in text or "NotPermitted" in text:
        return DENIED
    if "ServiceUnknown" in text or "NameHasNoOwner" in text:
        return explain(state)
    return ""


def _is_running(proc: Path) -> bool:
    for comm in proc.glob("[0-9]*/comm"):
        with suppress(OSError):
            if comm.read_text(encoding="utf-8", errors="replace").strip() == "bluetoothd":
                return True
    return False
