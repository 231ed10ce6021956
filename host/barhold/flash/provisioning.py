"""What a flashed board is asked before it starts: its name and key kept, its chip tested, its version read back.

The firmware's own modules on the board do it, out of slot a: nothing here knows how they keep a value.
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
    """Let the board import from slot a, from a clean start."""
    remote.take_over()
    remote.run(_ENTER)


def keep_name(remote: Remote, name: str) -> None:
    """Have the board keep its name."""
    remote.run(f"from barsensor.storage import config\n_keep(config.SETTINGS,{{'name':{name!r}}})")


def keep_key(remote: Remote, modulus: bytes) -> None:
    """Have the board keep the public key that signs updates."""
    remote.run(f"from barsensor.update import policy\n_keep(policy.KEY,{{'modulus':{modulus.hex()!r}}})")


def pair(remote: Remote, new_key: bytes) -> bytes:
    """Have the board keep `new_key` as its owner's key unless it has one; return the key that it has."""
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
    """Return the version that the application in slot a says."""
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
    """Raise LinkError where the board does not say the version that was put on it."""
    if tuple(found) != tuple(wanted):
        said = ".".join(map(str, found))
        raise LinkError(f"the board says version {said}, {'.'.join(map(str, wanted))} was put on it: repeat")
