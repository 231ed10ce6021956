"""Syncs sensors: finds the right one, connects, and reconnects when the link breaks."""

from barhold.sync.discovery import SensorQuery, connect, find_sensor, identify, list_endpoints
from barhold.sync.reconnect import Reconnector
from barhold.sync.retry import Backoff, retry_on_link_error
from barhold.sync.scheduler import SensorTurn, run_in_turns

__all__ = [
    "Backoff",
    "Reconnector",
    "SensorQuery",
    "SensorTurn",
    "connect",
    "find_sensor",
    "identify",
    "list_endpoints",
    "retry_on_link_error",
    "run_in_turns",
]
