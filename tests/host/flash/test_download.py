"""`--image download` against a local web server: the right image, and everything that can be wrong with it."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from test_flash_image import STICK, XIAO, an_image

from barhold.errors import BarholdError, InputError, LinkError
from barhold.flash import download

Answer = Callable[[BaseHTTPRequestHandler], None]
WHOLE = an_image(XIAO)


class Site:
    """A download site that answers each path as `answers` say; `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                answer = site.answers.get(self.path)
                answer(self) if answer else self.send_error(404)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def gives(self, data: bytes, path: str = f"/{XIAO.image_file}", announced: int = 0) -> None:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", str(announced or len(data)))
            request.end_headers()
            request.wfile.write(data)

        self.answers[path] = answer

    def moved(self, to: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(301)
            request.send_header("Location", to)
            request.end_headers()

        self.answers[f"/{XIAO.image_file}"] = answer


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv(download.SITE_VARIABLE, made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_the_image_that_the_board_needs_is_fetched_once_and_then_comes_from_the_cache(site: Site, tmp_path) -> None:
    site.gives(WHOLE)
    first = download.fetch(XIAO, tmp_path)
    assert first == download.Image(
        tmp_path / XIAO.image_file, len(WHOLE), hashlib.sha256(WHOLE).hexdigest(), downloaded=True
    )
    assert first.path.read_bytes() == WHOLE
    again = download.fetch(XIAO, tmp_path)
    assert (again.downloaded, again.sha256) == (False, first.sha256)
    assert site.asked == [f"/{XIAO.image_file}"]
    first.path.write_bytes(WHOLE[:-1])
    assert download.fetch(XIAO, tmp_path).downloaded, "a damaged copy in the cache is fetched again"


def test_an_image_that_moved_is_followed(site: Site, tmp_path) -> None:
    site.moved("/elsewhere.bin")
    site.gives(WHOLE, "/elsewhere.bin")
    assert download.fetch(XIAO, tmp_path).bytes == len(WHOLE)


@pytest.mark.parametrize(
    ("data", "announced", "error", "said"),
    [
        (None, 0, InputError, "does not exist: choose a newer image at micropython.org/download/ESP32_GEN"),
        (WHOLE[:100_000], len(WHOLE), LinkError, "repeat"),
        (an_image(STICK), 0, InputError, "made for chip number 0, xiao_s3 has number 9"),
        (WHOLE[:-40], 0, InputError, "within its application: download it again"),
        (b"<html>" + bytes(200_000), 0, InputError, "not an image for an ESP32"),
    ],
    ids=["missing", "cut short", "wrong chip", "damaged", "a page"],
)
def test_what_is_not_the_image_is_refused_and_not_kept(
    site: Site, tmp_path: Path, data: bytes | None, announced: int, error: type[BarholdError], said: str
) -> None:
    if data is not None:
        site.gives(data, announced=announced)
    with pytest.raises(error, match=said):
        download.fetch(XIAO, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_way_by_hand_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv(download.SITE_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(LinkError, match=r"cannot be read .*refused.*: check the network and repeat, or download it on"):
        download.fetch(XIAO, tmp_path)
