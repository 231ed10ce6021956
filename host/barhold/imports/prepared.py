"""What an import would change, worked out before anything is stored or printed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from barhold.imports import matching
from barhold.imports.matching import ImportMatch, Session
from barhold.model import Edit, ImportedSet

NEW, CHANGED, KNOWN = "new", "changed", "known"


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """The sets as they will be stored, and what else changes. `stored` and `same` are by import id."""

    sets: list[ImportedSet]
    stored: Mapping[str, ImportedSet]
    same: Mapping[str, ImportMatch]  # Barhold's own record of an imported set
    given: list[ImportMatch]  # those whose load goes to Barhold's own set
    edits: list[Edit]  # what gives it
    moved: list[ImportedSet]  # sets that would start at another time in this computer's zone

    def state(self, imported: ImportedSet) -> str:
        """Return whether the store has the set as it is, in another form, or not at all."""
        before = self.stored.get(imported.import_id)
        return NEW if before is None else KNOWN if before == imported else CHANGED

    def changed(self) -> list[ImportedSet]:
        """Return the sets that are to be stored."""
        return [imported for imported in self.sets if self.state(imported) != KNOWN]


def prepare(
    sets: Sequence[ImportedSet],
    stored: Mapping[str, ImportedSet],
    sessions: Sequence[Session],
    edit_ids: set[str],
    now_utc_ms: int,
    keep_times: bool,
) -> PreparedImport:
    """Return what these sets would change; with `keep_times`, stored sets keep the time that they have."""
    kept, moved = matching.keep_stored_times(sets, stored) if keep_times else (list(sets), [])
    pairs = matching.match_sets(matching.workouts(kept), sessions)
    edits = matching.imported_load_edits(pairs, edit_ids, now_utc_ms)
    made = {edit.edit_id for edit in edits}
    given = [pair for pair in pairs if matching.load_edit_id(pair.imported) in made]
    return PreparedImport(kept, stored, {pair.imported.import_id: pair for pair in pairs}, given, edits, moved)
