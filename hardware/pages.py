"""The tables in the READMEs that come from files: each lies between `<!-- name -->` and `<!-- /name -->`."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from hardware.cad import mesh, snap, strap
from hardware.cad.params import BARS, LIMITS, VARIANTS, Clip
from hardware.power import show

ROOT = Path(__file__).parent
GRAMS_PER_CM3 = {"PETG": 1.27, "TPU": 1.21}
TPU_PARTS = ("gasket", "liner", "plug")


def bill(variant: str) -> list[dict[str, str]]:
    """Return the rows of a bill of materials."""
    with (ROOT / "bom" / f"{variant}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def costs() -> str:
    """Return the table of what each variant costs: in whole packs, for one piece, and for who owns filament."""
    lines = [
        "| variant | kinds of parts | pieces | whole packs, USD | one piece, USD "
        "| whole packs, if you own filament, USD | priced |",
        "|---|---|---|---|---|---|---|",
    ]
    for variant in VARIANTS:
        rows = bill(variant)
        pieces = sum(int(row["qty"]) for row in rows)
        packs = sum(_price(row) for row in rows)
        used = sum(_price(row) * float(row["used_share"]) for row in rows)
        owned = packs - sum(_price(row) for row in rows if "filament" in row["description"])
        dates = sorted(row["price_date"] for row in rows)
        cells = (
            variant,
            len(rows),
            pieces,
            f"{packs:.2f}",
            f"{used:.2f}",
            f"{owned:.2f}",
            f"{dates[0]} to {dates[-1]}",
        )
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join([*lines, "", "All prices are estimates. One piece: what is used of each pack."])


def _price(row: dict[str, str]) -> float:
    return int(row["qty"]) * float(row["unit_price"])


def prints() -> str:
    """Return the table of printed parts, from the committed meshes."""
    lines = ["| part | material | size, mm | volume, cm3 | weight if solid, g |", "|---|---|---|---|---|"]
    for path in sorted((ROOT / "cad" / "stl").glob("*.stl")):
        material = "TPU" if path.stem.startswith(TPU_PARTS) else "PETG"
        shape = mesh.read_stl(path)
        size = " x ".join(f"{one:.1f}" for one in mesh.size_mm(shape))
        cm3 = mesh.volume_mm3(shape) / 1000
        lines.append(f"| `{path.stem}` | {material} | {size} | {cm3:.1f} | {cm3 * GRAMS_PER_CM3[material]:.0f} |")
    return "\n".join(lines)


def snaps() -> str:
    """Return the table of how the clip holds on each bar."""
    limit = 100 * LIMITS["snap_strain"]
    lines = [
        f"| bar, mm | tip gives way, mm | strain, % (limit {limit:.1f}) | strap lies on the bar, mm |",
        "|---|---|---|---|",
    ]
    for bar in BARS:
        clip = Clip("xiao", bar)
        cells = (snap.deflection_mm(clip), 100 * snap.strain(clip), strap.contact_mm(clip))
        lines.append(f"| {clip.bar_mm:g} | {cells[0]:.2f} | {cells[1]:.2f} | {cells[2]:.0f} |")
    return "\n".join(lines)


def filled() -> Iterator[tuple[Path, str]]:
    """Give each page with tables and the text that it should have."""
    tables = {"costs": costs(), "prints": prints(), "snaps": snaps(), "lives": show.lives(), "states": show.states()}
    for path in (ROOT / "README.md", ROOT / "power" / "README.md", ROOT / "cad" / "README.md"):
        text = path.read_text(encoding="utf-8")
        for name, table in tables.items():
            text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table}\n\g<2>", text, flags=re.DOTALL)
        yield path, text


def write() -> None:
    """Bring every page up to date, and the figure of battery lives."""
    show.write_figure()
    for path, text in list(filled()):
        path.write_text(text, encoding="utf-8")
