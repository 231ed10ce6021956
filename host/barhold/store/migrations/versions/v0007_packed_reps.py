"""The reps of a set move from a table of their own into the row of the set; views that read them there."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_LOAD_KG = "case t.load_unit when 'lb' then t.load * 0.45359237 else t.load end"
_REP_VALUES = ("start_ms", "rise_ms", "hold_ms", "fall_ms", "bottom_ms", "rom_mm", "peak_mm_s", "hold_err_ms", "flags")
_REP_COLUMNS = ("flags", "rise_ms", "hold_ms", "fall_ms", "bottom_ms", "rom_mm", "peak_mm_s", "hold_err_ms")


def upgrade() -> None:
    """Drop the table of reps: they are derived afterwards, into the new column."""
    for view in ("set_view", "rep_view"):
        op.execute(f"drop view {view}")
    op.drop_table("rep")
    column = sa.Column("rep_values", sa.String(), nullable=False, server_default="[]")
    op.add_column("training_set", column)
    _views()


def _views() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    start = "to_timestamp(t.start_utc_ms / 1000.0)" if postgres else _sqlite_time("%Y-%m-%dT%H:%M:%SZ")
    day = "to_char(to_timestamp(t.start_utc_ms / 1000.0) at time zone 'UTC', 'YYYY-MM-DD')"
    of_set = f"""
        t.set_id, nullif(t.owner, g.device_id) as lifter, t.owner, g.device_id, {start} as start_utc,
        {day if postgres else _sqlite_time("%Y-%m-%d")} as day_utc, t.time_quality, p.exercise, t.warm_up,
        t.load, t.load_unit, {_LOAD_KG} as load_kg
    """
    sets = "training_set t join log g on g.number = t.log_number left join lifter p on p.name = t.owner"
    in_postgres = "json_array_elements(t.rep_values::json) with ordinality r (v, at)"
    reps = in_postgres if postgres else "json_each(t.rep_values) r"
    number = "r.at::int" if postgres else "r.key + 1"
    values = ", ".join(f"{_value(name, postgres)} as {name}" for name in _REP_COLUMNS)
    # A view runs with the rights of its owner unless it says otherwise: row level security must go by who asks.
    guard = "with (security_invoker = true)" if postgres and _server_version() >= 150_000 else ""
    _execute(f"""
        create view set_view {guard} as
        select {of_set}, t.start_utc_ms, t.end_utc_ms, t.reps, t.note,
            (select avg({_value("hold_ms", postgres)}) from {reps}) as mean_hold_ms
        from {sets}
        """)  # noqa: S608 - constants
    _execute(f"""
        create view rep_view {guard} as
        select {of_set}, {number} as number, {values}
        from {sets} cross join {reps}
        """)  # noqa: S608 - constants


def _value(name: str, postgres: bool) -> str:
    at = _REP_VALUES.index(name)
    return f"(r.v ->> {at})::int" if postgres else f"json_extract(r.value, '$[{at}]')"


def _sqlite_time(form: str) -> str:
    return f"strftime('{form}', t.start_utc_ms / 1000, 'unixepoch')"


def _server_version() -> int:
    return int(op.get_bind().exec_driver_sql("show server_version_num").scalar_one())


def _execute(statement: str) -> None:
    """Run SQL whose colons stand for themselves."""
    op.execute(sa.text(statement.replace(":", "\\:")))
