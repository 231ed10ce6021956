"""Sets up a flashed board before it starts: stores its name and keys, tests its chip, reads its version back.

The firmware's own modules in slot a do it: nothing here knows how they store a value.
"""

from barhold.errors import LinkError
from barhold.flash import layout
from barhold.flash.repl import Remote, RemoteError

_ENTER = f"""
import sys
sys.path.insert(0,{layout.SLOT!r})
from barsensor.boards.esp import open_config as _S
def _keep(form,changes):
 s=_S()
 v,_=form.load(s)
 v.update(changes)
 form.save(s,v)
"""
_TEST = """
def _test():
 from barsensor import boards
 try:
  b=boards.open_named(boards.chosen())
 except Exception as e:
  return '',str(e)
 return b.imu.chip,b.imu.self_test()
"""


def import_from_slot(remote: Remote) -> None:
    """Let the board import from slot a, after a soft reset."""
    remote.take_over()
    remote.run(_ENTER)


def keep_name(remote: Remote, name: str) -> None:
    """Store the board's name on it."""
    remote.run(f"from barsensor.storage import config\n_keep(config.SETTINGS,{{'name':{name!r}}})")


def keep_key(remote: Remote, modulus: bytes) -> None:
    """Store on the board the public key that checks updates."""
    remote.run(f"from barsensor.update import policy\n_keep(policy.KEY,{{'modulus':{modulus.hex()!r}}})")


def pair(remote: Remote, new_key: bytes) -> bytes:
    """Store `new_key` as the owner's key unless the board has one; return the key that it has."""
    remote.run("""
from barsensor.storage import config
def _pair(k):
 v,f=config.KEY.load(_S())
 if not v['key']:
  _keep(config.KEY,{'key':k})
 return config.KEY.load(_S())[0]['key']
""")
    return bytes.fromhex(remote.ask(f"_pair({new_key.hex()!r})"))


def version(remote: Remote) -> tuple[int, ...]:
    """Return the version of the application in slot a."""
    remote.run("from barsensor import recorder")
    found: tuple[int, ...] = remote.ask("tuple(recorder.FIRMWARE_VERSION)")
    return found


def self_test(remote: Remote) -> tuple[str, str]:
    """Return (the chip's name, why its self-test failed or ""); the sensor must lie still."""
    try:
        remote.run(_TEST)
        chip, fault = remote.ask("_test()")
    except RemoteError as err:
        return "", err.line
    return str(chip), str(fault)


def refuse_other_version(found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raise LinkError unless the board reports the version that was installed."""
    if tuple(found) != tuple(wanted):
        said = ".".join(map(str, found))
        raise LinkError(f"the board says version {said}, {'.'.join(map(str, wanted))} was put on it: repeat")
