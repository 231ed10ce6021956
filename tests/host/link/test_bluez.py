"""Bluetooth on Linux: what is missing is named with the very command, and the adapter that was asked for is used."""

from pathlib import Path

import pytest
from bleak.exc import BleakBluetoothNotAvailableReason as Reason
from typer.main import get_command

from barhold.cli import app
from barhold.errors import InputError
from barhold.link import ble, bluez, quirks
from hostkit import barhold

DEBIAN = 'PRETTY_NAME="Debian 12"\nID=debian\n'
UBUNTU_CHILD = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'


def computer(root: Path, release: str = DEBIAN, installed: bool = True, running: bool = True, hci: str = "") -> Path:
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text(release)
    for folder in ("proc/1", "proc/77", "sys/class/bluetooth", "usr/libexec/bluetooth"):
        (root / folder).mkdir(parents=True)
    (root / "proc/1/comm").write_text("systemd\n")
    (root / "proc/77/comm").write_text("bluetoothd\n" if running else "sshd\n")
    if installed:
        (root / "usr/libexec/bluetooth/bluetoothd").touch()
    if hci:
        (root / "sys/class/bluetooth" / hci).mkdir()
    return root


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"installed": False, "running": False},
            "BlueZ is not installed: run `sudo apt install bluez && sudo systemctl enable --now bluetooth`",
        ),
        (
            {"release": UBUNTU_CHILD, "installed": False, "running": False},
            "BlueZ is not installed: run `sudo apt install bluez && sudo systemctl enable --now bluetooth`",
        ),
        ({"release": "ID=nixos\n", "installed": False}, "BlueZ is not installed: install the package `bluez`"),
        (
            {"running": False},
            "Bluetooth's service is not running: run `sudo systemctl enable --now bluetooth`",
        ),
        ({}, "this computer has no Bluetooth adapter: plug one in, or use the cable (--usb)"),
        (
            {"hci": "hci0"},
            "BlueZ does not offer hci0, which the kernel knows: run `rfkill unblock bluetooth && "
            "sudo systemctl restart bluetooth`",
        ),
    ],
)
def test_what_is_missing_is_named_with_the_command_that_helps(tmp_path: Path, told: dict, said: str) -> None:
    assert bluez.explain(bluez.read_state(computer(tmp_path, **told))) == said


def test_errors_of_the_bus_are_understood(tmp_path: Path) -> None:
    state = bluez.read_state(computer(tmp_path, running=False))
    denied = "[org.freedesktop.DBus.Error.AccessDenied] Rejected send message"
    assert bluez.explain_error(denied, state) == bluez.DENIED
    assert "usermod -aG bluetooth $USER" in bluez.DENIED
    stopped = "[org.freedesktop.DBus.Error.ServiceUnknown] The name org.bluez was not provided"
    assert "systemctl enable --now bluetooth" in bluez.explain_error(stopped, state)
    assert bluez.explain_error("le-connection-abort-by-local", state) == ""


def test_on_linux_the_reason_comes_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quirks, "SYSTEM", quirks.LINUX)
    monkeypatch.setattr(bluez, "read_state", lambda: bluez.State("debian", True, False, ()))
    assert ble._unavailable(Reason.NO_BLUETOOTH, "") == bluez.explain(bluez.read_state())
    assert ble._unavailable(Reason.DENIED_BY_SYSTEM, "") == bluez.DENIED
    assert "bluetoothctl power on" in ble._unavailable(Reason.POWERED_OFF, "")
    monkeypatch.setattr(quirks, "SYSTEM", quirks.MACOS)
    assert "plug one in" in ble._unavailable(Reason.NO_BLUETOOTH, "")


def test_the_adapter_that_was_asked_for_scans_and_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quirks, "SYSTEM", quirks.LINUX)
    monkeypatch.setattr(ble, "_adapter", [""])
    assert quirks.scanner_args("", quirks.LINUX) == quirks.client_args("", quirks.LINUX) == {}
    ble.use_adapter("hci1")
    assert ble._adapter == ["hci1"]
    assert quirks.scanner_args("hci1", quirks.LINUX) == quirks.client_args("hci1", quirks.LINUX)
    assert quirks.client_args("hci1", quirks.LINUX) == {"bluez": {"adapter": "hci1"}}
    assert "bluetoothctl list" in ble._said(Exception("adapter 'hci1' not found"))
    monkeypatch.setattr(quirks, "SYSTEM", quirks.WINDOWS)
    with pytest.raises(InputError, match="Linux only"):
        ble.use_adapter("hci1")


def test_every_command_that_may_use_the_radio_takes_the_adapter_before_its_name_or_after() -> None:
    root = get_command(app)
    pages = [
        page
        for name in root.list_commands(None)
        for page in (root.get_command(None, name), *getattr(root.get_command(None, name), "commands", {}).values())
    ]
    with_radio = {page.name for page in pages if "usb" in {param.name for param in page.params}}
    with_adapter = {page.name for page in pages if "--adapter" in {opt for param in page.params for opt in param.opts}}
    assert with_radio == with_adapter
    assert {"sync", "scan", "doctor", "live", "serve", "update", "pair", "push"} <= with_radio


@pytest.mark.parametrize("words", [("sync", "--adapter", "hci1"), ("--adapter", "hci1", "sync"), ("sync",)])
def test_sync_uses_the_adapter_that_was_asked_for(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quirks, "SYSTEM", quirks.LINUX)
    monkeypatch.setattr(ble, "_adapter", [""])
    told = barhold(*words, "--db", tmp_path / "a.db", "--serial-port", "/dev/none", "--wait", "0.1")
    assert told.exit_code == 2
    assert ble._adapter == (["hci1"] if "hci1" in words else [""])
