"""The whole way from a port to a sensor that starts; the command only shows it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from barcore.protocol import KEY_BYTES
from barhold.errors import RefusedError
from barhold.flash import board_info, install, layout, micropython_image, provisioning
from barhold.flash.board_info import Asked
from barhold.flash.boards import Kind, where_to_get
from barhold.flash.repl import Remote, SilentError
from barhold.image import bundle as bundles
from barhold.link import usb


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    kind: Kind
    name: str = ""
    modulus: bytes = b""  # of the public key; empty keeps what is on the board
    image: Path | None = None
    erase: bool = False
    plain: bool = False


DEVICE_ID_BYTES = 8
"""A sensor's id is its chip's, cut to this length or filled up with zeros."""


@dataclass(frozen=True, slots=True)
class Flashed:
    """How a board is left."""

    asked: Asked
    done: install.Done
    version: str
    chip: str
    fault: str  # of the self-test, "" where it passed
    device_id: str
    owner_key: bytes


def find_port(port: str) -> str:
    """Return the port meant: the one named, or the only one with a board."""
    if port:
        return port
    found = usb.ports()
    if not found:
        raise RefusedError("no board is at a USB port: plug it in with a cable that carries data, or name its port")
    if len(found) > 1:
        raise RefusedError(f"{len(found)} boards are there: {', '.join(one.name for one in found)}: name the port")
    return found[0].address


def flash(port: str, wish: Wish, meet: Callable[[Asked], None], tell: install.Tell) -> Flashed:
    """Make a sensor of the board at `port`; `meet` hears who is there, `tell` each step."""
    made = bundles.make(wish.plain)
    if wish.image:
        micropython_image.check(wish.image, wish.kind)
        micropython_image.install(port, wish.image, wish.kind, wish.erase)
    try:
        remote = Remote.open(port)
    except SilentError as err:
        raise RefusedError(f"{err}; if MicroPython is not on it yet: {where_to_get(wish.kind)}") from err
    with remote:
        who = board_info.ask(remote)
        board_info.refuse_unfit(who, wish.kind, made.manifest.bytecode)
        meet(who)
        done = install.install(remote, _parts(made, wish), tell)
        provisioning.enter(remote)
        found = provisioning.version(remote)
        provisioning.refuse_other_version(found, made.manifest.version)
        if wish.name:
            provisioning.keep_name(remote, wish.name)
        if wish.modulus:
            provisioning.keep_key(remote, wish.modulus)
        owner_key = provisioning.pair(remote, os.urandom(KEY_BYTES))
        chip, fault = provisioning.self_test(remote)
        remote.restart()
    device_id = who.unique_id.ljust(2 * DEVICE_ID_BYTES, "0")[: 2 * DEVICE_ID_BYTES]
    return Flashed(who, done, bundles.shown(found), chip, fault, device_id, owner_key)


def _parts(made: bundles.Bundle, wish: Wish) -> list[layout.Part]:
    """Return every file of the board, in the order in which it may be cut anywhere."""
    board = layout.Part(layout.BOARD, f"{wish.kind.name}\n".encode())
    safe, slot = layout.safe_files(wish.kind.name, wish.plain), layout.slot_files(made)
    return [*safe, *slot, layout.manifest(made), board, *layout.loader_files(), layout.pointer()]
