"""Reads the store for the page, and makes the page's changes. Every method blocks: call one at a time, in a thread.

Each change is made as the commands make it (edits, turns), and comes with an id that the page drew. A change that is
asked for twice, because an answer was lost or the server restarted in between, is therefore made once.

A refresh reads the last sets and the owners that are in them, however many others there are.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from barhold import report
from barhold.check import team_week, verdicts
from barhold.check.team_week import LifterWeek
from barhold.errors import InputError
from barhold.live import recent_sessions
from barhold.live.turns import SetName, Turn
from barhold.model import Lifter, TrainingSet, Wearer
from barhold.plans.plan import Plan
from barhold.store import People, Store, journal, report_items, week_items
from barhold.training import edit_requests, edits, next_set, people, sets
from barhold.training.sensor_names import sensor_name

RECENT_SETS, RECENT_SESSIONS = 12, 6
UNDO_WITHIN = timedelta(hours=12)
_LOADS_LOOKED_AT = 24
PlanOf = Callable[[str], Plan]


class TrainingService:
    """Reads and changes one store for the page; `plan` is a plan asked for, "" for each lifter's own."""

    def __init__(self, store: Store, plan: str = "") -> None:
        self._store = store
        self._people = People(store)
        self._plan = plan
        self._week: dict[str, LifterWeek] = {}
        self._recent: dict[str, TrainingSet] = {}
        self._monday = team_week.monday_of(datetime.now().astimezone().date())
        self.shown: dict[str, Any] = {}
        self.refresh(None)

    def refresh(self, owners: Collection[str] | None) -> None:
        """Give what was said of next sets to the sets that have come since, and read anew what the page shows.

        `owners` are those whose training may have changed beside those of the last sets; None is everybody.
        """
        journal.assign_planned(self._store)
        now = datetime.now(UTC)
        self._plan_of = people.plan_finder(self._store, self._plan)
        self._wearing = people.Wearing(self._people.wearers())
        self._planned = self._people.planned_edits()
        self._sensors = {
            device.device_id: sensor_name(device.device_id, device.name) for device in self._store.devices()
        }
        lifters = [lifter.name for lifter in self._store.lifters()]
        recent = self._store.sets.last(RECENT_SETS)
        self._refresh_week(owners, lifters, recent, now)
        self._recent = {item.set_id: item for item in recent}
        names = people.owner_names({*self._week, *map(sets.owner, recent)}, self._sensors)
        self.shown = {
            "lifters": lifters,
            "sets": [_set_row(item, self._plan_of, names) for item in reversed(recent)],
            "sessions": [recent_sessions.row(*session, names) for session in self._recent_sessions()],
            "week": [_week_row(row, names[row.who]) for row in self._week.values()],
            "undo": self._undo(now, names),
        }

    def _refresh_week(
        self, owners: Collection[str] | None, lifters: Sequence[str], recent: Sequence[TrainingSet], now: datetime
    ) -> None:
        monday = team_week.monday_of(now.astimezone().date())
        if owners is None or monday != self._monday:
            items = week_items.of_everybody(self._store, monday)
            rows = team_week.rows(items, lifters, self._plan_of, monday, now)
            self._week, self._monday = {row.who: row for row in rows}, monday
            return
        named = set(lifters)
        changed = {item.set_id: item for item in recent}.items() ^ self._recent.items()
        for owner in {*owners, *(sets.owner(item) for _, item in changed), *(named - self._week.keys())}:
            items = week_items.of_owner(self._store, owner, monday)
            self._week.pop(owner, None)
            for row in team_week.rows(items, [owner] if owner in named else [], self._plan_of, monday, now):
                self._week[row.who] = row
        self._week = dict(sorted(self._week.items(), key=lambda row: row[0].casefold()))

    def _recent_sessions(self) -> list[tuple[list[TrainingSet], list[TrainingSet] | None, Plan]]:
        """Return the last sessions, newest first, each with the same owner's session before it and the owner's plan."""
        found = []
        for session in reversed(self._store.sets.last_sessions(RECENT_SESSIONS)):
            owner = sets.owner(session[0])
            before = self._store.sets.last_sessions(1, owner, until=session[0].start_utc)
            found.append((session, before[0] if before else None, self._plan_of(owner)))
        return found

    def _undo(self, now: datetime, names: dict[str, str]) -> dict[str, Any] | None:
        """Return the edits made last and what they say, unless they are too old to be meant."""
        last = self._people.last_change()
        if not last or last[0].made_utc_ms < (now - UNDO_WITHIN).timestamp() * 1000:
            return None
        what, key = edit_requests.describe(last[0]), last[0].key
        whose = "a set that no longer counts"
        if next_set.is_planned(last[0]):
            whose = "the next set"
        else:
            owner = next((sets.owner(item) for item in self._store.sets.of_boot(key) if item.key == key), None)
            whose = f"{names.get(owner, owner)}'s set" if owner else whose
        return {"edits": [edit.edit_id for edit in last], "text": f"{what}, {whose}"}

    def turn(self, device_id: str, now_utc_ms: int) -> tuple[Turn, Plan]:
        """Return whose turn it is at a sensor, and by which plan they train."""
        worn = self._wearing.turn(device_id, now_utc_ms)
        lifter = worn.lifter if worn else ""
        owner = lifter or device_id
        planned = next_set.planned(self._planned, self._wearing, device_id, now_utc_ms)
        loads = [item.load for item in self._store.sets.last(_LOADS_LOOKED_AT, owner) if item.load]
        since_utc_ms = worn.since_utc_ms if worn else 0
        last_load = loads[-1] if loads else None
        session = self._session(owner, now_utc_ms)
        return Turn(lifter, since_utc_ms, next_set.summary(planned), last_load, session), self._plan_of(owner)

    def _session(self, owner: str, now_utc_ms: int) -> tuple[SetName, ...]:
        """Return the sets of the session that the owner may still be in."""
        last = self._store.sets.last_sessions(1, owner)
        now = datetime.fromtimestamp(now_utc_ms / 1000, UTC)
        if not last or now - last[0][-1].end_utc >= sets.SESSION_GAP:
            return ()
        return tuple(SetName(*item.key[:3], item.number) for item in last[0])

    def report(self, owner: str) -> tuple[str, str]:
        """Return the report of one owner (of whoever trained last for ""), and its content security policy."""
        owners = self._store.sets.owners()
        owner = owner or (owners[-1].owner if owners else "")
        items = report_items.of_owner(self._store, owner) if owner else []
        week = list(self._week.values())
        page = report.page(items, self._plan_of, datetime.now(UTC), self._sensors, week, _report_link)
        return page, report.policy()

    # --- what the page changes: each returns the owners whose training it may have changed ---

    def take_turn(self, device_id: str, lifter: str, since_seen_ms: int, now_utc_ms: int) -> set[str]:
        """Make the sensor's next sets the lifter's."""
        self._people.take_turn(Wearer(device_id, now_utc_ms, lifter), since_seen_ms)
        return {lifter}

    def add_lifter(self, name: str) -> set[str]:
        """Make a lifter known; one who is known already stays as they are."""
        people.check_lifter_name(name)
        if name not in (lifter.name for lifter in self._store.lifters()):
            self._people.add_lifter(Lifter(name))
        return {name}

    def plan_next_set(self, device_id: str, words: Sequence[str], request_id: UUID, now_utc_ms: int) -> set[str]:
        """Say something of the sensor's next set, as `words` do: load 60kg, warm-up, note TEXT."""
        action, value = edit_requests.parse_next_set(words)
        now = datetime.fromtimestamp(now_utc_ms / 1000, UTC)
        journal.add_for_next_set(self._store, device_id, action, value, now, request_id)
        return set()

    def edit(self, set_id: str, words: Sequence[str], request_id: UUID) -> set[str]:
        """Change one set, as `barhold sets --edit` does: drop all, lifter Mia, load 60kg, warm-up, note TEXT."""
        if journal.is_known(self._store, request_id):
            return set()
        named = [item for item in self._store.sets.named(set_id) if item.set_id == set_id]
        if not named:
            raise InputError("this set no longer counts: somebody else has changed it")
        lifters = [lifter.name for lifter in self._store.lifters()]
        near = self._store.sets.of_boot(named[0].key)
        requests = edit_requests.parse_request([set_id, *words], near, lifters)
        touched = journal.add(self._store, requests, datetime.now(UTC), request_id)
        return {sets.owner(item) for item in [*named, *touched]}

    def undo(self, edit_ids: Sequence[str]) -> set[str]:
        """Take back these edits."""
        keys = [edit.key for edit in self._people.edits_named(edit_ids)]
        before = self._owners_of_boots(keys)
        journal.undo(self._store, edit_ids, datetime.now(UTC))
        return before | self._owners_of_boots(keys)

    def _owners_of_boots(self, keys: Sequence[Any]) -> set[str]:
        return {sets.owner(item) for key in keys for item in self._store.sets.of_boot(key)}


def _report_link(owner: str) -> str:
    return f"/report?lifter={quote(owner, safe='')}"


def _set_row(item: TrainingSet, plan_of: PlanOf, names: dict[str, str]) -> dict[str, Any]:
    owner = sets.owner(item)
    checked = verdicts.check_set(item, plan_of(owner))
    return {
        "id": item.set_id,
        "lifter": item.lifter,
        "who": names.get(owner, owner),
        "start": item.start_utc.isoformat(timespec="seconds"),
        "reps": len(item.reps),
        "ok": checked.verdicts.count(verdicts.OK),
        "hold_s": round(sum(rep.hold_ms for rep in item.reps) / len(item.reps) / 1000, 2),
        "load": edits.load_value(item.load) or None,
        "warm_up": item.warm_up,
        "note": item.note,
    }


def _week_row(row: LifterWeek, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "sessions": row.sessions,
        "planned": row.planned,
        "sets": row.sets,
        "reps": row.reps,
        "ok_share": row.ok_share,
        "load": edits.load_value(row.load) or None,
        "load_change": row.load_change.amount if row.load_change else None,
        "last": row.last_session.isoformat(timespec="seconds") if row.last_session else None,
        "due_from": row.due_from.isoformat(timespec="seconds") if row.due_from else None,
        "due_until": row.due_until.isoformat(timespec="seconds") if row.due_until else None,
        "state": row.state,
    }
