"""The steps of `barhold start`. Each asks what it needs, and does what a command of its own does as well."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

import typer

from barhold.cli import _console, _sensor_options, live
from barhold.cli._options import WAIT_S
from barhold.cli._progress_bar import Bar
from barhold.cli._start_progress import StartProgress
from barhold.cli.calibrate import calibrate_and_keep
from barhold.cli.name import give_name
from barhold.cli.plan import send_targets
from barhold.connection import Control, Info
from barhold.device import pairing
from barhold.errors import InputError, LinkError, RefusedError
from barhold.link import ble
from barhold.link.endpoint import USB, Endpoint
from barhold.live import view_state
from barhold.live.view_state import LiveView
from barhold.model import Lifter, Wearer
from barhold.output.words import count, listed
from barhold.plans import library
from barhold.store import Device, People, Store
from barhold.sync import SensorQuery, identify, list_endpoints
from barhold.sync.one_sensor import utc_clock
from barhold.training import history, sensor_names
from barhold.training.people import check_lifter_name

_REPS_KEPT = 60
Result = TypeVar("Result")


@dataclass(slots=True)
class Guide:
    """What the steps share: the store, how far the user has come, and the port if one was named."""

    store: Store
    progress: StartProgress
    usb: bool = False
    port: str = ""

    @property
    def wanted(self) -> SensorQuery:
        """The sensor that was found."""
        port = self.port or self.progress.serial_port
        return SensorQuery("", False, port) if port else SensorQuery(self.progress.device_id)

    def connected(self, work: Callable[[Control], Awaitable[Result]], check_key: bool = True) -> Result:
        """Do `work` in one connection with the sensor."""
        wanted = self.wanted
        return _sensor_options.in_connection(
            wanted.sensor, wanted.usb, wanted.port, WAIT_S, self.store, work, check_key
        )


class Step(NamedTuple):
    """One step of the guided run."""

    name: str
    title: str
    commands: tuple[str, ...]  # that do the same
    take: Callable[[Guide], None]
    is_needed: bool = False


def _find(guide: Guide) -> None:
    endpoint, info = _sensor_options.run(_met(guide))
    guide.store.add_device(Device(info.device_id, info.name, info.firmware, utc_clock()()))
    progress = guide.progress
    progress.device_id, progress.name = info.device_id, sensor_names.sensor_name(info.device_id, info.name)
    progress.serial_port = endpoint.address if endpoint.kind == USB else ""
    _show_found(info)


async def _met(guide: Guide) -> tuple[Endpoint, Info]:
    """Return the sensor that the user chose, and what it says of itself."""
    endpoint = _chosen(await _endpoints(guide))
    return endpoint, await identify(endpoint, guide.store.key_of)


async def _endpoints(guide: Guide) -> list[Endpoint]:
    """Return where sensors may be: on the cable that was asked for, else on any cable and by radio."""
    if guide.usb or guide.port:
        found = await list_endpoints(SensorQuery("", guide.usb, guide.port))
        if not found:
            raise LinkError("no board is plugged in: plug the sensor in with a cable that carries data")
        return found
    cable = await list_endpoints(SensorQuery(usb=True))
    radio: list[Endpoint] = []
    with Bar() as bar:
        bar.wait_for("looking for sensors by radio", ble.SCAN_S)
        try:
            radio = await list_endpoints(SensorQuery())
        except RefusedError as error:  # there is no adapter, or it may not be used
            if not cable:
                raise
            bar.note(str(error))
    if not cable and not radio:
        raise LinkError("no sensor found nearby: switch it on and bring it closer, or plug it in with a cable")
    return [*cable, *radio]


def _chosen(endpoints: list[Endpoint]) -> Endpoint:
    if len(endpoints) == 1:
        return endpoints[0]
    for number, endpoint in enumerate(endpoints, 1):
        way = "by cable" if endpoint.kind == USB else f"by radio, signal {endpoint.rssi_dbm} dBm"
        _console.line(f"  {number}. {endpoint.shown}, {way}")
    while True:
        chosen: int = typer.prompt("Which one is it? Its number", type=int)
        if 1 <= chosen <= len(endpoints):
            return endpoints[chosen - 1]


def _show_found(info: Info) -> None:
    battery = f", battery {info.battery_mv / 1000:.2f} V" if info.battery_mv else ""
    name = sensor_names.sensor_name(info.device_id, info.name)
    _console.line(f"Found {name}: id {info.device_id}, firmware {info.firmware}{battery}.")


def _name(guide: Guide) -> None:
    progress = guide.progress
    while True:
        new = typer.prompt("What would you like to call it?", default=progress.name).strip()
        try:
            pairing.check_name(new)
            break
        except InputError as error:
            _console.note(str(error))
    if new == progress.name:
        return
    guide.connected(lambda control: give_name(control, guide.store, new))
    progress.name = new
    _console.line(f"It is now called {new}.")


def _pair(guide: Guide) -> None:
    if guide.store.key_of(guide.progress.device_id):
        _console.line("It is paired with this computer already.")
        return
    _console.line("Once paired, it gives its training to nobody else, and another sensor cannot pose as it.")
    if not guide.wanted.by_cable:
        _console.line("Pairing needs the cable. Plug the sensor in later and run `barhold pair --usb`.")
    elif typer.confirm("Pair it now?", default=True):
        guide.connected(lambda control: pairing.pair(control, guide.store, utc_clock()), check_key=False)
        _console.line("Paired.")


def _calibrate(guide: Guide) -> None:
    _console.line("Calibrating makes the holds more accurate. It takes two minutes and a table.")
    if typer.confirm("Calibrate it now?", default=True):
        _, words = guide.connected(calibrate_and_keep)
        _console.line(f"Calibrated: {words}.")


def _lifter(guide: Guide) -> None:
    people, device_id = People(guide.store), guide.progress.device_id
    known = [lifter.name for lifter in people.lifters()]
    if known:
        _console.line(f"Lifters so far: {listed(known)}.")
    name = typer.prompt("Who lifts with it? Press Enter to skip", default="", show_default=False).strip()
    if not name:
        return
    if name not in known:
        _add_lifter(people, name)
    unclaimed = [
        item for item in history.load(guide.store, datetime.now(UTC)) if item.device_id == device_id and not item.lifter
    ]
    since_ms = round(time.time() * 1000)
    if unclaimed and typer.confirm(
        f"{count(len(unclaimed), 'stored set')} of this sensor {'has' if len(unclaimed) == 1 else 'have'} no lifter. "
        f"Make {'it' if len(unclaimed) == 1 else 'them'} {name}'s too?",
        default=True,
    ):
        since_ms = 0
    people.wear(Wearer(device_id, since_ms, name))
    guide.progress.lifter = name
    _console.line(f"What {guide.progress.name} counts from now on is {name}'s.")


def _add_lifter(people: People, name: str) -> None:
    check_lifter_name(name)
    people.add_lifter(Lifter(name))


def _plan(guide: Guide) -> None:
    people, whose = People(guide.store), guide.progress.lifter
    own = next((lifter.plan for lifter in people.lifters() if lifter.name == whose), "")
    names = [each.name for each in library.list_plans()]
    _console.line(f"Available plans: {listed(names)}. `barhold plan show` prints one.")
    while True:
        name = typer.prompt("Which plan?", default=own or library.plan_in_force())
        try:
            plan = library.find(name)
            break
        except InputError as error:
            _console.note(str(error))
    if whose:
        people.add_lifter(Lifter(whose, library.lasting_name(name), plan.exercise))
    else:
        library.choose(name)
    kept = guide.connected(lambda control: send_targets(control, plan))
    _console.line(f"{kept.name} now tells you when a pause has lasted {kept.target_ms / 1000:g} s.")


def _test_set(guide: Guide) -> None:
    _console.line("Clip the sensor on and do a short set: two reps or more, with a pause at the top of each.")
    if not typer.confirm("Watch a test set now?", default=True):
        return
    view = LiveView(last_reps=_REPS_KEPT)
    _sensor_options.run(live.watch(view, live.following(guide.wanted, guide.store), None, False, sets=1))
    _console.line(f"The set is stored: {count(len(view.reps), 'rep')}.")
    for _, rep in view.reps:
        _console.line(f"  rep {rep.number}: {view_state.figures(rep)}")


STEPS = (
    Step("find", "Find the sensor", ("barhold scan", "barhold scan --usb"), _find, is_needed=True),
    Step("name", "Name it", ("barhold name NAME",), _name),
    Step("pair", "Pair it with this computer", ("barhold pair --usb",), _pair),
    Step("calibrate", "Calibrate it", ("barhold calibrate",), _calibrate),
    Step("lifter", "Say who lifts with it", ("barhold lifter add NAME", "barhold lifter wear NAME"), _lifter),
    Step("plan", "Choose a plan", ("barhold plan list", "barhold plan use PLAN", "barhold plan push"), _plan),
    Step("set", "Do a test set", ("barhold live",), _test_set),
)
