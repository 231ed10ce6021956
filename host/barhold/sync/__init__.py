"""Reach: which sensor is meant, how to get to it, and what to do when the link breaks. Knows links and sessions."""

from barhold.sync.backoff import Backoff
from barhold.sync.discovery import Wanted, connect, find, near, probe
from barhold.sync.reconnect import Keeper
from barhold.sync.retry import insist
from barhold.sync.scheduler import Turn, rotate

__all__ = ["Backoff", "Keeper", "Turn", "Wanted", "connect", "find", "insist", "near", "probe", "rotate"]
