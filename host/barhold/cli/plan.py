"""`barhold plan`: what training is checked against, and what the sensor cues by."""

from typing import TYPE_CHECKING

import typer

from barhold.cli import reaching
from barhold.cli.options import WAIT_S, Database, Port, Sensor, Usb, Wait

if TYPE_CHECKING:
    from barhold.session import Control

plan = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@plan.callback()
def _plan() -> None:
    """Bring the plan's targets to a sensor.

    \b
    Example:
      barhold plan push
    """


@plan.command()
def push(sensor: Sensor = "", usb: Usb = False, port: Port = "", wait: Wait = WAIT_S, db: Database = None) -> None:
    """Tell a sensor from which hold on to cue the target, and from which on to cue too long.

    \b
    Examples:
      barhold plan push
      barhold plan push --sensor bar-2
    """
    from barhold.errors import LinkError
    from barhold.plan import DEFAULT
    from barhold.store import Store

    target_ms, long_ms = round(DEFAULT.hold_s.least * 1000), round(DEFAULT.hold_s.most * 1000)

    async def work(control: "Control") -> str:
        kept = await control.set(target_ms=target_ms, long_ms=long_ms)
        if (kept.target_ms, kept.long_ms) != (target_ms, long_ms):
            raise LinkError(f"sensor {kept.name} kept {kept.target_ms} and {kept.long_ms} ms: try again")
        return kept.name

    with Store.open(db) as store:
        told = reaching.in_session(sensor, usb, port, wait, store, work)
    typer.echo(f"{told} cues a hold at {target_ms / 1000:g} s and one that is too long at {long_ms / 1000:g} s")
