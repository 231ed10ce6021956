"""The guard, asked directly: cookies that are none, websockets, and hosts written as IPv6."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse

from barhold.live.access import AccessGuard
from barhold.live.quota import Quota

TOKEN = "abcdefghijklmnopqrstuv"  # noqa: S105 - a test's own


def answered(headers, server="127.0.0.1", token="", path="/training", kind="http"):  # noqa: S107 - none
    """Return the status with which the guard answers, or the messages of another kind of scope."""
    guard = AccessGuard(PlainTextResponse("inside"), frozenset({"localhost"}), token)
    scope = {
        "type": kind,
        "method": "GET",
        "path": path,
        "server": (server, 8717),
        "client": ("192.0.2.5", 40000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"] if kind == "http" else sent


@pytest.mark.parametrize(
    "cookie", ["a/b=1", f"a/b=1; barhold={TOKEN}", "barhold", "=;=", "\x7f=1", "barhold=" + "x" * 5000]
)
def test_a_malformed_cookie_lets_nobody_in(cookie):
    assert answered({"host": "localhost", "cookie": cookie}, token=TOKEN) == 401


def test_the_right_cookie_lets_in():
    assert answered({"host": "localhost", "cookie": f"barhold={TOKEN}"}, token=TOKEN) == 200
    assert answered({"host": "localhost", "cookie": f"barhold={TOKEN}x"}, token=TOKEN) == 401


@pytest.mark.parametrize("path", ["/", "/training", "/events"])
def test_a_websocket_is_closed_whatever_it_carries(path):
    for headers in (
        {"host": "localhost"},
        {"host": "localhost", "cookie": f"barhold={TOKEN}"},
        {"host": "evil.example"},
    ):
        for token in ("", TOKEN):
            sent = answered(headers, token=token, path=path, kind="websocket")
            assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    ("host", "own_address", "status"),
    [
        ("[::1]:8717", "::1", 200),
        ("[::1]", "::1", 200),
        ("[0:0:0:0:0:0:0:1]:8717", "::1", 200),  # the same address, written out
        ("[fe80::2]:8717", "fe80::1", 421),
        ("[::1]evil.example", "::1", 421),
        ("[::1]:8717", "127.0.0.1", 421),
        ("[::1", "::1", 421),
        ("::1", "::1", 421),  # an address without its brackets
        ("[localhost]:8717", "::1", 200),
        ("127.0.0.1:8717", "::1", 421),
    ],
)
def test_hosts_written_as_ipv6(host, own_address, status):
    assert answered({"host": host}, server=own_address) == status


# --- quota -----------------------------------------------------------------------------------------------------


def test_an_address_gets_its_share_and_all_others_together_theirs():
    quota = Quota(others=5, per_address=3, own=2)
    assert [quota.acquire("10.0.0.1", False) for _ in range(4)] == [True, True, True, False]
    assert [quota.acquire("10.0.0.2", False) for _ in range(3)] == [True, True, False]
    assert [quota.acquire("127.0.0.1", True) for _ in range(3)] == [True, True, False]  # kept for this computer
    quota.release("10.0.0.1", False)
    assert quota.acquire("10.0.0.3", False)
    assert not quota.acquire("10.0.0.1", False)
    quota.release("127.0.0.1", True)
    assert quota.acquire("127.0.0.1", True)
