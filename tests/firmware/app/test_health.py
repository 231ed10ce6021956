"""Health: one test per row of its table."""

from types import SimpleNamespace

import pytest

from barloader import slots
from barsensor import health


class Store:
    """Slots that count confirmations."""

    def __init__(self, state: int, fails: bool = False) -> None:
        self.pointer = slots.Pointer(slots.A, state, 1, 1) if state >= 0 else None
        self.fails = fails
        self.confirmed = 0

    def read(self) -> object:
        return self.pointer

    def confirm(self) -> None:
        if self.fails:
            raise OSError(5)
        self.confirmed += 1


def run(store: Store, until_ms: int, healthy=lambda now_ms: True, busy=lambda now_ms: False) -> SimpleNamespace:
    watched = health.Health(store)
    for now_ms in range(0, until_ms, 20):
        if watched.update(healthy(now_ms), busy(now_ms), now_ms):
            return SimpleNamespace(state=watched.state, gave_up_ms=now_ms)
    return SimpleNamespace(state=watched.state, gave_up_ms=None)


@pytest.mark.parametrize("state", [slots.CONFIRMED, slots.TRIAL])
def test_thirty_healthy_seconds_confirm_once(state: int) -> None:
    store = Store(state)
    assert run(store, 29_980).state == health.WAITING
    assert store.confirmed == 0
    assert run(store, 999_000).gave_up_ms is None
    assert store.confirmed == 1


def test_a_moment_without_health_begins_the_time_anew() -> None:
    store = Store(slots.TRIAL)
    run(store, 49_980, healthy=lambda now_ms: now_ms != 20_000)
    assert store.confirmed == 0
    run(store, 50_020, healthy=lambda now_ms: now_ms != 20_000)
    assert store.confirmed == 1


def test_what_is_written_is_written_at_rest() -> None:
    store = Store(slots.TRIAL)
    assert run(store, 200_000, busy=lambda now_ms: True).gave_up_ms is None
    assert store.confirmed == 0
    assert run(store, 200_000, busy=lambda now_ms: now_ms < 90_000).state == health.DONE


def test_a_trial_that_never_gets_healthy_is_given_up() -> None:
    assert run(Store(slots.TRIAL), 300_000, healthy=lambda now_ms: False).gave_up_ms == health.TRIAL_MS
    for state in (slots.CONFIRMED, -1):
        assert run(Store(state), 300_000, healthy=lambda now_ms: False).gave_up_ms is None


def test_flash_that_fails_is_reported_and_tried_again_later() -> None:
    watched = health.Health(Store(slots.TRIAL, fails=True))
    told = 0
    for now_ms in range(0, 100_000, 20):
        try:
            watched.update(True, False, now_ms)
        except OSError:
            told += 1
    assert (told, watched.state) == (3, health.WAITING)
