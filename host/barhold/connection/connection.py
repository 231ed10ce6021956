"""The host's end of a connection, as named states.

| phase  | does                                               | then                                              |
|--------|----------------------------------------------------|---------------------------------------------------|
| HELLO  | HELLO until its own INFO comes; introduce device   | CLOCK                                             |
| CLOCK  | 8 TIME exchanges; keep the best as anchor          | PULL                                              |
| PULL   | PULL what the store lacks, 4 ahead; gather to END  | COMMIT; PULL again when nothing certain came;     |
|        |                                                    | TURNS at the log's end                            |
| COMMIT | hand what is certain to the store                  | ACK                                               |
| ACK    | ACK the cursor until ACKED comes; while more is on | PULL                                              |
|        | its way every 8th batch, without waiting           |                                                   |
| TURNS  | once all is stored: on a sensor with a screen, let | BYE; LISTEN when following                        |
|        | its button's turns count, and tell who lifts there |                                                   |
| LISTEN | only when following, in the place of BYE: hand on  | PULL when the log has more; LISTEN                |
|        | LIVE, then ask INFO how far the log is             |                                                   |
| BYE    | BYE                                                | DONE                                              |

Any phase may raise LinkError or StoreError: what was committed stays, and the next connection goes on from there.
"""

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from barcore import protocol, record
from barhold.connection import clock_reading
from barhold.connection.backlog import Backlog
from barhold.connection.batch import Batch, gaps, lost_records
from barhold.connection.frame_channel import TRIES, Channel
from barhold.connection.handshake import Info, refresh_info, say_hello
from barhold.connection.pull_ahead import End, PullAhead
from barhold.connection.result import SyncResult
from barhold.connection.turn_exchange import TurnExchange
from barhold.errors import LinkError, RefusedError
from barhold.link.transport import Transport
from barhold.store import Device, Store

BAD_TRIES = 3
EMPTY_TURNS = 600
"""How many PULLs in a row may bring no record: a log full of damaged ones takes 581, the most that a sensor holds."""
NAMED_SINCE = 2
"""The minor protocol version since which END names its PULL."""
LISTEN_S = 5.0
"""The longest that a follower waits before it asks how far the log is; that also reveals a dead link."""
ACK_EVERY = 8
"""Batches: while answers are under way nobody waits for ACKED, and its room on the link is better used for records."""
_BYE_S = 1.0
_BAD_RECORD = "its CRC or version is wrong"


class Phase(Enum):
    """Where a connection stands; see the table above."""

    HELLO = "hello"
    CLOCK = "clock"
    PULL = "pull"
    COMMIT = "commit"
    ACK = "ack"
    TURNS = "turns"
    LISTEN = "listen"
    BYE = "bye"
    DONE = "done"


class Connection:
    """One catch-up of `store` with the sensor at `transport`; `now` gives ms since 1970 and must not step back.

    One that follows stays: it hands LIVE records to `on_live` and stores what the log gets, until it is cancelled.
    `on_progress` gets this connection after HELLO and after every acknowledgement.
    """

    def __init__(
        self,
        transport: Transport,
        store: Store,
        now: Callable[[], int],
        on_live: Callable[[bytes], None] | None = None,
        on_progress: Callable[["Connection"], None] | None = None,
        follow: bool = False,
        expect_id: str = "",
    ) -> None:
        self.phase = Phase.HELLO
        self._on_progress = on_progress or (lambda _: None)
        self._follow = follow
        self._expect_id = expect_id
        self._channel = Channel(transport, on_live)
        self._turns = TurnExchange(self._channel, store, now)
        self._store = store
        self._now = now
        self._result = SyncResult()
        self._info: Info
        self._known = 0
        self._backlog: Backlog
        self._ahead: PullAhead
        self._contiguous: list[bytes] = []
        self._certain_up_to = 0
        self._gaps: list[tuple[int, ...]] = []
        self._holes: list[tuple[int, ...]] = []
        self._tries = 0
        self._bad_tries = 0
        self._empty_turns = 0
        self._unacked = 0  # batches committed since the last ACK

    async def run(self) -> SyncResult:
        """Go through the phases to DONE."""
        steps = {
            Phase.HELLO: self._hello,
            Phase.CLOCK: self._clock,
            Phase.PULL: self._pull,
            Phase.COMMIT: self._commit,
            Phase.ACK: self._ack,
            Phase.TURNS: self._exchange_turns,
            Phase.LISTEN: self._listen,
            Phase.BYE: self._bye,
        }
        try:
            while self.phase is not Phase.DONE:
                self.phase = await steps[self.phase]()
        except asyncio.CancelledError:
            await self._bye()
            raise
        return self.result

    @property
    def info(self) -> Info:
        """The sensor's latest INFO; only after HELLO."""
        return self._info

    @property
    def left(self) -> int:
        """How many records are still to be fetched."""
        return self._backlog.left

    @property
    def stored_below_seq(self) -> int:
        """Below which seq everything that the sensor still holds is stored."""
        return self._backlog.cursor

    @property
    def result(self) -> SyncResult:
        """What was done so far, also after an error."""
        self._result.dropped_frames = self._channel.dropped
        self._result.re_requests = self._channel.re_requests
        return self._result

    async def _hello(self) -> Phase:
        self._info = info = await say_hello(self._channel, self._store.key_of, expect_id=self._expect_id)
        self._result.device_id, self._result.name, self._result.log_id = info.device_id, info.name, info.log_id
        self._store.add_device(Device(info.device_id, info.name, info.firmware, self._now()))
        self._backlog = self._missing(info)
        self._ahead = PullAhead(self._channel, info.log_id, named=info.minor >= NAMED_SINCE)
        self._on_progress(self)
        return Phase.CLOCK

    def _missing(self, info: Info) -> Backlog:
        """Return what the store lacks of the sensor's log; all of it when the store knows more than the sensor."""
        known = self._known = self._store.next_seq(info.device_id, info.log_id)
        self._result.not_held = max(0, info.first_seq - known)
        missing = [(info.first_seq, info.next_seq)]
        if known <= info.next_seq:
            missing = self._store.missing(info.device_id, info.log_id, info.first_seq, info.next_seq)
        return Backlog(missing, info.first_seq, info.next_seq)

    async def _clock(self) -> Phase:
        anchor = await clock_reading.measure(self._channel, self._info.device_id, self._info.log_id, self._now)
        if anchor:
            self._result.clock_ahead_ms = self._store.add_anchor(anchor)
        return Phase.PULL

    async def _pull(self) -> Phase:
        if not self._backlog.left:
            self._count_holes(self._info.next_seq)
            return Phase.TURNS
        # After a fault one record at a time: the least that can get through.
        batch = await self._ahead.ask(self._backlog, alone=bool(self._tries))
        end = await self._ahead.gather(batch)
        cursor = self._backlog.cursor
        if end and batch.is_whole(end.count, end.crc):
            self._contiguous, self._certain_up_to = batch.raw_records, min(end.next_seq, batch.end_seq)
            self._holes += [(seq, seq) for seq in batch.holes(self._certain_up_to) if seq >= self._known]
            self._ahead.answered()
        else:
            self._channel.re_requests += 1
            self._contiguous = batch.contiguous()
            self._certain_up_to = cursor + len(self._contiguous)
            self._ahead.forget()
        if self._certain_up_to > cursor:
            self._tries = self._bad_tries = 0
            self._refuse_emptiness()
            return Phase.COMMIT
        return self._no_progress(batch, end)

    def _refuse_emptiness(self) -> None:
        self._empty_turns = 0 if self._contiguous else self._empty_turns + 1
        if self._empty_turns > EMPTY_TURNS:
            raise RefusedError(
                f"sensor {self._info.device_id} announced records up to seq {self._info.next_seq - 1} but sent none "
                f"in {EMPTY_TURNS} answers: earlier records are stored; restart the sensor and sync again"
            )

    def _no_progress(self, batch: Batch, end: End | None) -> Phase:
        self._tries += 1
        self._bad_tries += batch.bad is not None
        if batch.bad is not None and self._bad_tries >= BAD_TRIES:
            return self._quarantine(batch.bad, end)
        if self._tries >= TRIES:
            raise LinkError(
                f"sensor {self._info.device_id}: record seq {self._backlog.cursor} did not arrive in {self._tries} "
                f"tries; earlier records are stored: bring the sensor closer and sync again"
            )
        return Phase.PULL

    def _quarantine(self, bad: bytes, end: End | None) -> Phase:
        # A bad record's own seq cannot be believed. It is the one asked for, or the one that a 1.1 sensor's END tells.
        seq = self._backlog.cursor
        if end and end.first_seq is None and end.count == 1 and seq < end.next_seq <= self._info.next_seq:
            seq = end.next_seq - 1
        self._store.quarantine(self._info.device_id, self._info.log_id, seq, bad, _BAD_RECORD, self._now())
        self._result.received += 1
        self._result.quarantined += 1
        self._backlog.done_below(seq + 1)
        self._tries = self._bad_tries = 0
        return Phase.ACK

    async def _commit(self) -> Phase:
        info, raws, result = self._info, self._contiguous, self._result
        added = self._store.add_records(info.device_id, info.log_id, raws, self._now())
        result.received += len(raws)
        result.new += added.new
        result.already_stored += added.already_stored
        result.quarantined += added.conflicts
        self._gaps += gaps(raws, self._known)
        result.lost = lost_records(self._gaps)
        # Records that nobody holds and that a GAP told of are counted as lost already.
        older: list[tuple[int, ...]] = [(first, min(last, info.first_seq - 1)) for first, last in self._gaps]
        result.not_held = max(0, info.first_seq - self._known - lost_records(older))
        if raws:
            self._count_holes(record.header(raws[-1])[3])
        self._backlog.done_below(self._certain_up_to)
        return Phase.ACK

    def _count_holes(self, end_seq: int) -> None:
        """Count the new holes below `end_seq` that no GAP told of: the sensor can no longer read those records."""
        holes = [hole for hole in self._holes if hole[0] < end_seq]
        self._result.damaged = lost_records(self._gaps + holes) - lost_records(self._gaps)

    async def _ack(self) -> Phase:
        """Called only after the store's commit: the sensor may reuse the space of acknowledged records."""
        body = struct.pack(protocol.ACK_FORMAT, self._info.log_id, self._backlog.cursor)
        self._unacked += 1
        if not self._ahead:
            await self._channel.ask(protocol.ACK, body, protocol.ACKED, self._is_acked)
            self._unacked = 0
        elif self._unacked >= ACK_EVERY:
            await self._channel.send(protocol.ACK, body)
            self._unacked = 0
        self._on_progress(self)
        return Phase.PULL

    def _is_acked(self, body: bytes) -> bool:
        if len(body) < struct.calcsize(protocol.ACK_FORMAT):
            return False
        log_id, next_seq = struct.unpack_from(protocol.ACK_FORMAT, body)
        return bool(log_id == self._info.log_id and next_seq >= self._backlog.cursor)

    async def _exchange_turns(self) -> Phase:
        turns = self._result.turns
        await self._turns.run(self._info, self._known, self._result)
        if self._result.turns != turns:
            self._on_progress(self)
        return Phase.LISTEN if self._follow else Phase.BYE

    async def _listen(self) -> Phase:
        await self._channel.listen(LISTEN_S)
        # The same nonce again: the connection stays, and INFO tells how far the log is on flash.
        self._keep_info(await refresh_info(self._channel, self._info))
        return Phase.PULL

    def _keep_info(self, info: Info) -> None:
        if info.log_id != self._info.log_id:
            raise LinkError(f"sensor {info.device_id} began a new log: connect again")
        self._info = info
        self._backlog.grow(info.next_seq)

    async def _bye(self) -> Phase:
        # Everything stored is acknowledged by now, so a link that breaks here loses nothing.
        with suppress(LinkError, TimeoutError):
            async with asyncio.timeout(_BYE_S):
                await self._channel.send(protocol.BYE)
        return Phase.DONE
