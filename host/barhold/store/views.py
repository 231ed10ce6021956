"""The two views that docs/storage.md describes, for whoever reads the database with SQL."""

from collections.abc import Sequence

_LOAD_KG = "case t.load_unit when 'lb' then t.load * 0.45359237 else t.load end"


def statements(dialect: str, server_version: int) -> Sequence[str]:
    """Return the SQL that creates the views; `server_version` is PostgreSQL's, as 150002, and 0 for SQLite."""
    postgres = dialect == "postgresql"
    start = "to_timestamp(t.start_utc_ms / 1000.0)" if postgres else _sqlite_time("%Y-%m-%dT%H:%M:%SZ")
    day = "to_char(to_timestamp(t.start_utc_ms / 1000.0) at time zone 'UTC', 'YYYY-MM-DD')"
    of_set = f"""
        t.set_id, nullif(t.owner, g.device_id) as lifter, t.owner, g.device_id, {start} as start_utc,
        {day if postgres else _sqlite_time("%Y-%m-%d")} as day_utc, t.time_quality, p.exercise, t.warm_up,
        t.load, t.load_unit, {_LOAD_KG} as load_kg
    """
    sets = "training_set t join log g on g.number = t.log_number left join lifter p on p.name = t.owner"
    # A view runs with the rights of its owner unless it says otherwise: row level security must go by who asks.
    guard = "with (security_invoker = true)" if server_version >= 150_000 else ""
    return (
        f"""
        create view set_view {guard} as
        select {of_set}, t.start_utc_ms, t.end_utc_ms, t.reps, t.note,
            (select avg(r.hold_ms) from rep r where r.row_id = t.row_id) as mean_hold_ms
        from {sets}
        """,  # noqa: S608 - constants
        f"""
        create view rep_view {guard} as
        select {of_set}, r.number, r.flags, r.rise_ms, r.hold_ms, r.fall_ms, r.bottom_ms, r.rom_mm, r.peak_mm_s,
            r.hold_err_ms
        from rep r join {sets.replace("training_set t", "training_set t on t.row_id = r.row_id", 1)}
        """,  # noqa: S608 - constants
    )


def _sqlite_time(form: str) -> str:
    return f"strftime('{form}', t.start_utc_ms / 1000, 'unixepoch')"
