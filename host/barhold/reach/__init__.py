"""Reach: which sensor is meant, how to get to it, and what to do when the link breaks. Knows links and sessions."""

from barhold.reach.backoff import Backoff
from barhold.reach.choose import Wanted, connect, find, near, probe
from barhold.reach.keep import Keeper
from barhold.reach.tries import insist
from barhold.reach.turns import Turn, rotate

__all__ = ["Backoff", "Keeper", "Turn", "Wanted", "connect", "find", "insist", "near", "probe", "rotate"]
