"""`barhold keys`: the key that signs firmware for updates by radio."""

from pathlib import Path
from typing import Annotated

import typer

from barcore import protocol
from barhold.cli import _console, _sensor_options
from barhold.cli._options import WAIT_S, AsJson, Database, Port, Sensor, Usb, Wait
from barhold.cli._subcommands import new_group
from barhold.connection import Control, Info
from barhold.errors import LinkError
from barhold.image import signing_keys as rsa
from barhold.image.signing_keys import PublicKey
from barhold.store import Store
from barhold.update import precheck

keys = new_group()
File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The key's file; by default in the user's data folder.")
]


@keys.callback()
def _keys() -> None:
    """Make and show the key that signs firmware for updates by radio.

    \b
    Examples:
      barhold keys make signing.pem
      barhold keys show signing.pem
    """


@keys.command()
def make(file: File = None, as_json: AsJson = False) -> None:
    """Make a key: RSA-3072, in a file that only you can read.

    A sensor learns its public half by `barhold flash` or over the cable. Keep the file safe: anyone who has it can sign
    firmware for your sensors. If you lose it, every sensor needs a new key over the cable.

    \b
    Examples:
      barhold keys make signing.pem
    """

    path = file or rsa.default_path()
    _tell(path, rsa.make(path), as_json)


@keys.command()
def show(
    file: File = None,
    public: Annotated[bool, typer.Option("--public", help="Print the public half, to hand on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a key's fingerprint, which tells it from another.

    \b
    Examples:
      barhold keys show signing.pem
      barhold keys show signing.pem --public
    """

    path = file or rsa.default_path()
    key = rsa.read(path)
    if public and as_json:
        _console.json_result("key", file=str(path), fingerprint=key.fingerprint, public=rsa.pem_of(key))
    elif public:
        _console.data(rsa.pem_of(key))
    else:
        _tell(path, key, as_json)


@keys.command()
def push(
    file: File = None,
    sensor: Sensor = "",
    usb: Usb = False,
    port: Port = "",
    wait: Wait = WAIT_S,
    db: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a sensor on the cable the public half of the key; it then accepts updates by radio that you sign.

    \b
    Examples:
      barhold keys push signing.pem --usb
    """

    key = rsa.read(file or rsa.default_path())

    async def work(control: Control) -> Info:
        state = await control.update(protocol.UPDATE_KEY, key.modulus)
        if state.reason:
            raise precheck.refusal(control.info, state.reason)
        if state.key_id != precheck.key_id(key.modulus):
            raise LinkError(f"sensor {control.info.name} shows another key: try again")
        return control.info

    with Store.open(db) as store:
        info = _sensor_options.in_connection(sensor, usb, port, wait, store, work)
    if as_json:
        found = {"device": info.device_id, "name": info.name or None}
        _console.json_result("key_push", **found, fingerprint=key.fingerprint)
    else:
        _console.line(f"{info.name} now accepts updates signed with {key.fingerprint}")


def _tell(path: Path, key: PublicKey, as_json: bool) -> None:
    if as_json:
        _console.json_result("key", file=str(path), fingerprint=key.fingerprint)
    else:
        _console.line(f"{path}: RSA-3072, fingerprint {key.fingerprint}")
