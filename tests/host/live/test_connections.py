"""Who may hold how many connections, and for how long: half-sent requests shut nobody else out."""

import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from barhold.live.broadcaster import VIEWERS_PER_ADDRESS
from barhold.live.server import CONNECTIONS_PER_ADDRESS, OTHER_CONNECTIONS, REQUEST_S
from browserkit import asked, serving

HALF = b"GET /training HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 22\r\n\r\nabc"


@pytest.fixture(scope="module")
def lan(tmp_path_factory):
    """Give the address of a server for the network, and its token."""
    folder = tmp_path_factory.mktemp("config")
    with serving("--seed", 1, "--port", 0, "--lan", env={"BARHOLD_CONFIG": str(folder)}) as address:
        place = urlsplit(address)
        yield f"http://127.0.0.1:{place.port}", place.fragment


def opened(stack, address, source, request):
    """Open a connection from one of this computer's addresses, and send `request`."""
    port = urlsplit(address).port
    connection = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
    stack.callback(connection.close)
    connection.sendall(request)
    return connection


def is_closed(connection):
    try:
        return connection.recv(4096) == b""
    except ConnectionError:
        return True


def test_half_sent_requests_shut_nobody_out_and_end_by_themselves(lan):
    address, _ = lan
    with ExitStack() as stack:
        sources = [f"127.0.0.{n}" for n in range(2, 13)]  # strangers: the server's own end is 127.0.0.1
        began = time.monotonic()
        held = [
            opened(stack, address, source, request)
            for source in sources
            for request in [HALF, HALF_BODY] * (CONNECTIONS_PER_ADDRESS // 2)
        ]
        assert len(held) > OTHER_CONNECTIONS + 10
        for path, status in (("/enter", 200), ("/", 303), ("/training", 401)):
            assert asked(address, path)[0] == status  # the owner, at this computer
        for connection in held:
            connection.settimeout(REQUEST_S + 10)
            while not is_closed(connection):
                pass
        assert time.monotonic() - began >= REQUEST_S - 0.5
        again = opened(stack, address, sources[0], b"GET /enter HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert again.recv(4096).startswith(b"HTTP/1.1 200")


def test_one_address_cannot_hold_what_is_for_all(lan):
    address, _ = lan
    whole = b"GET /enter HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(CONNECTIONS_PER_ADDRESS):
            opened(stack, address, "127.0.0.20", HALF)
        refused = opened(stack, address, "127.0.0.20", whole)
        assert refused.recv(4096).startswith(b"HTTP/1.1 503")
        assert opened(stack, address, "127.0.0.21", whole).recv(4096).startswith(b"HTTP/1.1 200")


def test_pages_that_look_on_are_counted_before_they_are_answered(lan):
    address, token = lan
    request = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: barhold={token}\r\n\r\n".encode()
    with ExitStack() as stack:
        viewers = [opened(stack, address, "127.0.0.30", request) for _ in range(VIEWERS_PER_ADDRESS + 4)]
        statuses = [connection.recv(4096)[:12] for connection in viewers]
        assert statuses.count(b"HTTP/1.1 200") == VIEWERS_PER_ADDRESS
        assert statuses.count(b"HTTP/1.1 503") == 4
        other = opened(stack, address, "127.0.0.31", request)
        assert other.recv(4096).startswith(b"HTTP/1.1 200")
