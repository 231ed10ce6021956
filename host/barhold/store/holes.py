"""Which records of a log are missing from the database."""

from sqlalchemy import Connection, func, select

from barhold.store import schema


def missing_ranges(connection: Connection, log_number: int, first_seq: int, end_seq: int) -> list[tuple[int, int]]:
    """Return the ranges (first seq, seq after the last) of `first_seq` up to `end_seq` without a stored record.

    Bytes in quarantine fill no hole: whoever sent them was not believed.
    """
    seq = schema.record.c.seq
    of_log = schema.record.c.log_number == log_number
    stored = select(seq, func.lead(seq, 1, end_seq).over(order_by=seq).label("following"))
    pairs = stored.where(of_log & (seq >= first_seq) & (seq < end_seq)).subquery()
    holes = select(pairs.c.seq + 1, pairs.c.following).where(pairs.c.following > pairs.c.seq + 1)
    least = connection.scalar(select(func.min(seq)).where(of_log & (seq >= first_seq) & (seq < end_seq)))
    before = (first_seq, end_seq if least is None else least)
    ranges = [before, *((first, last) for first, last in connection.execute(holes.order_by(pairs.c.seq)))]
    return [(first, last) for first, last in ranges if first < last]
