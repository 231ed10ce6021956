"""How far `barhold start` has come, in a file beside the user's plans, so that it can be left and resumed."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Self

from barhold import files
from barhold.plans import library


@dataclass(slots=True)
class StartProgress:
    """What the user has chosen so far, and the steps that are done."""

    device_id: str = ""
    name: str = ""
    serial_port: str = ""  # "" for the radio
    lifter: str = ""
    done: list[str] = field(default_factory=list)

    @classmethod
    def load(cls) -> Self:
        """Return the saved progress, or a fresh start if none can be read."""
        try:
            saved = json.loads(_path().read_text(encoding="utf-8"))
            progress = cls(**{each.name: saved[each.name] for each in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError):
            return cls()
        texts = (progress.device_id, progress.name, progress.serial_port, progress.lifter)
        is_sound = isinstance(progress.done, list) and all(isinstance(text, str) for text in (*texts, *progress.done))
        return progress if is_sound else cls()

    def save(self) -> None:
        """Keep it for the next run."""
        _path().parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically({_path(): json.dumps(asdict(self)).encode()}, overwrite=True)

    def forget(self) -> None:
        """Let the next run begin anew."""
        _path().unlink(missing_ok=True)


def _path() -> Path:
    return library.folder().parent / "start.json"
