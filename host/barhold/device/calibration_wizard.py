"""Guides the user through the calibration's poses; the sensor judges them, see `barcore.calibrate`."""

import asyncio
from collections.abc import Callable

from barcore import protocol
from barcore.calibrate import ALL_FACES, DONE, FAILED, POSES_MOST, POSING
from barhold.connection import Calibration, Control
from barhold.errors import LinkError, RefusedError

POLL_S = 0.25
REFUSED_MOST = 40
"""How many poses in a row may be refused before the wizard assumes that nobody moves the sensor."""
_FACES = ("x up", "x down", "y up", "y down", "z up", "z down")
Tell = Callable[[str], None]
Taken = Callable[[Calibration], None]


async def run(control: Control, tell: Tell, on_taken: Taken = lambda _: None) -> Calibration:
    """Take poses until every face was up and one more has checked the fit; RefusedError if the calibration fails.

    `on_taken` gets the state after each pose that counts.
    """
    told = ""
    try:
        now = await control.calibrate(protocol.CALIBRATE_BEGIN)
        refused = 0
        while not _is_complete(now):
            if (text := _ask(now)) != told:
                tell(text)
                told = text
            before, now = now, await _pose(control)
            refused = 0 if now.poses > before.poses else refused + 1
            tell(_outcome(before, now))
            if not refused:
                on_taken(now)
            _refuse_failed(now, refused)
        return now
    except (asyncio.CancelledError, LinkError):
        await cancel(control)
        raise


def face_names(now: Calibration) -> list[str]:
    """Return the names of the faces that the sensor has lain on."""
    return [name for bit, name in enumerate(_FACES) if now.faces >> bit & 1]


async def keep(control: Control) -> None:
    """Have the sensor store the result. It then discards the poses, so a repeated KEEP is refused."""
    try:
        await control.calibrate(protocol.CALIBRATE_KEEP)
    except RefusedError:
        if (await control.calibrate(protocol.CALIBRATE_STATE)).poses:
            raise


async def cancel(control: Control) -> None:
    """Cancel; a sensor that misses this message discards the poses itself."""
    try:
        async with asyncio.timeout(1.0):
            await control.calibrate(protocol.CALIBRATE_CANCEL)
    except (LinkError, TimeoutError):
        return


async def _pose(control: Control) -> Calibration:
    now = await control.calibrate(protocol.CALIBRATE_POSE)
    while now.state == POSING:
        await asyncio.sleep(POLL_S)
        now = await control.calibrate(protocol.CALIBRATE_STATE)
    return now


def _is_complete(now: Calibration) -> bool:
    """Six poses always fit six unknowns exactly: only a seventh pose shows how good the fit is."""
    return now.state == DONE and (now.misfit_ug > 0 or now.poses >= POSES_MOST)


def _ask(now: Calibration) -> str:
    if now.faces == ALL_FACES:
        return "now lean it on something, between two faces, and leave it still"
    missing = [name for name in _FACES if name not in face_names(now)]
    return f"lay it on a face it has not lain on yet and leave it still ({len(missing)} to go: {', '.join(missing)})"


def _outcome(before: Calibration, now: Calibration) -> str:
    if now.poses > before.poses:
        return f"taken: pose {now.poses}, noise {now.noise_ug / 1000:.1f} mg"
    return f"not taken: {now.reason_text or 'it was not still'}"


def _refuse_failed(now: Calibration, refused: int) -> None:
    if now.state == FAILED:
        raise RefusedError(f"the calibration failed: {now.reason_text}: begin again, on a table that does not shake")
    if refused >= REFUSED_MOST:
        raise RefusedError(f"{refused} poses in a row were refused ({now.reason_text}): begin again")
