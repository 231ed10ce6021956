"""Flashes a board: every step from a port to a sensor that starts."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from barcore.protocol import KEY_BYTES
from barhold.errors import RefusedError
from barhold.flash import board_info, install, layout, micropython_image, provisioning
from barhold.flash.board_info import BoardInfo
from barhold.flash.boards import BoardModel, chip_of, image_hint, matching_models
from barhold.flash.repl import Remote, SilentError
from barhold.image import bundle as bundles
from barhold.link import usb


@dataclass(frozen=True, slots=True)
class FlashRequest:
    """What the user asked for."""

    model: BoardModel
    name: str = ""
    modulus: bytes = b""  # of the public key; empty keeps what is on the board
    image: Path | None = None
    erase: bool = False
    plain: bool = False


DEVICE_ID_BYTES = 8
"""A sensor's id is its chip's, cut to this length or filled up with zeros."""


@dataclass(frozen=True, slots=True)
class Flashed:
    """The result of flashing a board."""

    info: BoardInfo
    installed: install.InstallSummary
    version: str
    chip: str
    fault: str  # of the self-test, "" where it passed
    device_id: str
    owner_key: bytes


def find_port(port: str) -> str:
    """Return the port meant: the one named, or the only one with a board."""
    if port:
        return port
    found = usb.board_ports()
    if not found:
        raise RefusedError("no board is at a USB port: plug it in with a cable that carries data, or name its port")
    if len(found) > 1:
        raise RefusedError(f"{len(found)} boards are there: {', '.join(one.name for one in found)}: name the port")
    return found[0].address


@dataclass(frozen=True, slots=True)
class Proposal:
    """Which models the board at a port may be."""

    models: list[BoardModel]
    flashed_as: str  # the name in its /board file, "" for none


def propose(port: str) -> Proposal:
    """Return the models whose chip and USB id fit the board at `port`; if no MicroPython answers, by USB id only."""
    usb_id = usb.usb_id(port)
    try:
        with Remote.open(port) as remote:
            info = board_info.ask(remote)
    except SilentError:
        return Proposal(matching_models("", usb_id), "")
    return Proposal(matching_models(chip_of(info.machine), usb_id), info.board)


def flash(port: str, request: FlashRequest, meet: Callable[[BoardInfo], None], tell: install.Tell) -> Flashed:
    """Make a sensor of the board at `port`; `meet` hears who is there, `tell` each step."""
    made = bundles.make(request.plain)
    if request.image:
        micropython_image.check(request.image, request.model)
        micropython_image.install(port, request.image, request.model, request.erase)
        port = usb.wait_for_port(port)
    try:
        remote = Remote.open(port)
    except SilentError as err:
        raise RefusedError(f"{err}; if MicroPython is not on it yet: {image_hint(request.model)}") from err
    with remote:
        who = board_info.ask(remote)
        board_info.refuse_unfit(who, request.model, made.manifest.bytecode)
        meet(who)
        done = install.install(remote, _parts(made, request), tell)
        provisioning.import_from_slot(remote)
        found = provisioning.version(remote)
        provisioning.refuse_other_version(found, made.manifest.version)
        if request.name:
            provisioning.keep_name(remote, request.name)
        if request.modulus:
            provisioning.keep_key(remote, request.modulus)
        owner_key = provisioning.pair(remote, os.urandom(KEY_BYTES))
        chip, fault = provisioning.self_test(remote)
        remote.restart()
    device_id = who.unique_id.ljust(2 * DEVICE_ID_BYTES, "0")[: 2 * DEVICE_ID_BYTES]
    return Flashed(who, done, bundles.shown(found), chip, fault, device_id, owner_key)


def _parts(made: bundles.Bundle, request: FlashRequest) -> list[layout.Part]:
    """Return every file of the board, in the order in which it may be cut anywhere."""
    board = layout.Part(layout.BOARD, request.model.file_text.encode())
    safe, slot = layout.safe_files(request.model.name, request.plain), layout.slot_files(made)
    return [*safe, *slot, layout.manifest(made), board, *layout.loader_files(), layout.pointer()]
