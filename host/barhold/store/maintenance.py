"""Checks the derived tables against the records, and derives them anew."""

from sqlalchemy import func, select, text

from barhold.store import derived, schema
from barhold.store.database import writing
from barhold.store.error_messages import translated
from barhold.store.store import Store


def find_differences(store: Store) -> list[str]:
    """Return what the derived tables say otherwise than the records; the database stays as it is."""
    engine = store.engine.execution_options(barhold_begin="BEGIN IMMEDIATE")
    with translated(store.engine.url), engine.connect() as connection, connection.begin() as transaction:
        found = derived.find_differences(connection)
        transaction.rollback()
    return found


def rebuild(store: Store) -> tuple[int, int]:
    """Derive all sets and reps anew, and pack the database; return how many sets and reps there are."""
    with translated(store.engine.url):
        with writing(store.engine) as connection:
            derived.rebuild(connection)
            counted = select(func.count(), func.coalesce(func.sum(schema.training_set.c.reps), 0))
            sets, reps = connection.execute(counted).one()
        with store.engine.connect() as connection:
            # Packing is no transaction: what a database does for itself.
            options = {"isolation_level": "AUTOCOMMIT"} if connection.dialect.name == "postgresql" else {}
            connection.execution_options(barhold_begin=None, **options).execute(text("vacuum"))
    return sets, reps
