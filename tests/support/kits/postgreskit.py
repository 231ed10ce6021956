"""A real PostgreSQL for the tests: started from the system's packages by the first test that asks, stopped by its pid.

One server serves a whole run, all workers of it: they meet in a folder that the run's first process names.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ADMIN, PASSWORD = "admin", "s3cret-word"
_FOLDER = "BARHOLD_TEST_POSTGRES"
_START_S = 30
WHY_NOT = "no PostgreSQL server here: apt-get install postgresql"


def binaries() -> Path | None:
    """Return the folder with initdb and postgres; Debian keeps it out of PATH."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name), reverse=True)
    return next((place for place in places if (place / "postgres").exists() and (place / "initdb").exists()), None)


class Server:
    """One running server; its superuser needs no password over the socket and one over TCP."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    @property
    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def url(self, database: str, user: str = ADMIN) -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str, user: str = ADMIN, password: str = PASSWORD, port: int = 0) -> str:
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{port or self.port}/{database}"

    def run(self, statement: str, database: str = "postgres", user: str = ADMIN) -> list[tuple]:
        """Run SQL outside a transaction; psycopg's errors come as they are."""
        import psycopg  # noqa: PLC0415 - an extra

        at = {"host": str(self.folder), "port": self.port, "user": user, "dbname": database}
        with psycopg.connect(autocommit=True, **at) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []


def name_the_folder() -> None:
    """Called in the run's first process: workers inherit the name."""
    # Not where TMPDIR says: the path of a socket must be short.
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="barhold-pg-", dir="/tmp" if os.path.isdir("/tmp") else None)


def end() -> None:
    """Called in the run's first process at its end."""
    folder = Path(os.environ.pop(_FOLDER))
    with contextlib.suppress(FileNotFoundError):
        stop(Server(folder, 0).pid)
    shutil.rmtree(folder, ignore_errors=True)


def stop(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)  # ends its sessions, then itself
    await_end(pid)


def await_end(pid: int) -> None:
    """Wait until a server that has been told to end, or killed, is gone: its folder is locked until then."""
    with contextlib.suppress(ProcessLookupError):
        for _ in range(200):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            os.kill(pid, 0)
            time.sleep(0.05)


def server() -> Server:
    """Return the run's server, which the first to ask starts."""
    import fcntl  # noqa: PLC0415 - POSIX

    folder = Path(os.environ[_FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        port = folder / "port"
        if not port.exists():
            port.write_text(str(start(folder).port))
        return Server(folder, int(port.read_text()))


@contextlib.contextmanager
def own_server(durable: bool = False) -> Iterator[Server]:
    """Give a server for this caller alone; a `durable` one waits for the disk, as one that serves a team does."""
    with tempfile.TemporaryDirectory(prefix="barhold-pg-", dir="/tmp") as name:
        folder = Path(name)
        found = start(folder, durable)
        try:
            yield found
        finally:
            stop(found.pid)


def start(folder: Path, durable: bool = False) -> Server:
    """Make and start a server that lives in `folder`."""
    place = binaries()
    assert place, WHY_NOT
    as_user = _unprivileged()
    (folder / "password").write_text(PASSWORD)
    for path in (folder, folder / "password"):
        os.chown(path, as_user.get("user", -1), as_user.get("group", -1))
    options = ["-U", ADMIN, "-E", "UTF8", "--no-locale", "--no-sync", "--auth-local=trust"]
    options += ["--auth-host=scram-sha-256", f"--pwfile={folder / 'password'}"]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **as_user}
    subprocess.run([place / "initdb", "-D", folder / "data", *options], check=True, **quiet)
    return start_again(Server(folder, _free_port()), durable)


def start_again(found: Server, durable: bool = False) -> Server:
    """Start a server that was made before and does not run."""
    folder, place = found.folder, binaries()
    assert place, WHY_NOT
    settings = ["listen_addresses=127.0.0.1", "max_connections=120"]
    settings += [] if durable else ["fsync=off", "full_page_writes=off"]
    command = [place / "postgres", "-D", folder / "data", "-k", folder, "-p", str(found.port)]
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder, **_unprivileged()}
    with (folder / "log").open("a") as log:
        child = subprocess.Popen([*command, *(f"-c{one}" for one in settings)], stderr=log, **quiet)
    _await(found, child)
    return found


def _await(found: Server, child: subprocess.Popen) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    for _ in range(_START_S * 20):
        assert child.poll() is None, (found.folder / "log").read_text()
        try:
            found.run("select 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            child.returncode = 0  # it is stopped by its pid, maybe by another process: no complaint when this one ends
            return
    raise AssertionError((found.folder / "log").read_text())


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root: give what makes a child somebody else."""
    if os.geteuid():
        return {}
    import pwd  # noqa: PLC0415 - POSIX

    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database(found: Server) -> Iterator[str]:
    """Give the name of a new, empty database that goes afterwards."""
    name = f"t{os.getpid()}_{time.monotonic_ns()}"
    found.run(f"create database {name}")
    try:
        yield name
    finally:
        found.run(f"drop database {name} with (force)")
