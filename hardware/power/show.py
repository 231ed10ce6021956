"""The budget as tables for the READMEs and as a figure, from `budget` alone."""

from itertools import product

from hardware.power.budget import (
    BUILT_MAH,
    CELLS_MAH,
    FOLDER,
    RESTING,
    USABLE,
    Guess,
    life_days,
    parts,
    sensitivity,
    total_ma,
)

NAMES = {"xiao_s3": "compact (XIAO ESP32-S3)", "m5stickc_plus2": "no solder (M5StickC Plus2)"}
WIDTH, LEFT, RIGHT, ROW = 860, 380, 60, 22


def states() -> str:
    """Return the table of states: what a board draws, how much of it is only estimated, how long the cell lasts."""
    rows = parts()
    lines = ["| board | state | mA | of it only estimated | lasts on |", "|---|---|---|---|---|"]
    for board, state in dict.fromkeys((row.board, row.state) for row in rows):
        here = [row for row in rows if (row.board, row.state) == (board, state)]
        guessed = sum(row.current_ma for row in here if row.mark == "estimated")
        total = total_ma(rows, board, state)
        hours = BUILT_MAH[board] * USABLE / total
        lasts = f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.3g} days"
        lines.append(f"| {board} | {state} | {total:.6g} | {guessed:.6g} | {BUILT_MAH[board]} mAh: {lasts} |")
    return "\n".join(lines)


def lives() -> str:
    """Return the table of battery lives with three sessions a week, and what the worst guess does to each."""
    rows = parts()
    lines = ["| variant | cell | between sessions | lasts | worst guess | then |", "|---|---|---|---|---|---|"]
    for board, cells in CELLS_MAH.items():
        for cell, resting in product(cells, RESTING[board]):
            worst, scale = sensitivity(rows, board, resting)[0], cell / BUILT_MAH[board]
            days = life_days(rows, board, cell, resting)
            span = f"{worst.at_high_days * scale:.0f} to {worst.at_low_days * scale:.0f} days"
            what = f"{worst.part.part}, {worst.part.state}: {worst.part.low_ma:g} to {worst.part.high_ma:g} mA"
            lines.append(f"| {NAMES[board]} | {cell} mAh | {resting} | {days:.0f} days | {what} | {span} |")
    return "\n".join(lines)


def figure() -> str:
    """Return an SVG: for each variant its life, and how far each guess moves it."""
    rows, drawn, y = parts(), [], 30
    most = max(guess.at_low_days for board in NAMES for guess in sensitivity(rows, board)) * 1.05
    scale = (WIDTH - LEFT - RIGHT) / most
    for board, name in NAMES.items():
        life = life_days(rows, board, BUILT_MAH[board])
        guesses = sensitivity(rows, board)
        x = LEFT + life * scale
        drawn.append(_text(10, y, f"{name}, {BUILT_MAH[board]} mAh: {life:.0f} days", "start", bold=True))
        bottom = y + 10 + ROW * len(guesses)
        drawn += [_bar(guess, y + 10 + ROW * i, scale) for i, guess in enumerate(guesses)]
        drawn.append(f'<line x1="{x:.1f}" y1="{y + 6}" x2="{x:.1f}" y2="{bottom}" stroke="#000" stroke-width="1.5"/>')
        y = bottom + 36
    drawn.append(_text(LEFT, y - 8, "days from full to empty, three sessions of 40 minutes a week", "start"))
    drawn += [_text(LEFT + d * scale, y - 24, str(d), "middle") for d in range(0, int(most), 5)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _bar(guess: Guess, y: int, scale: float) -> str:
    left, right = LEFT + guess.at_high_days * scale, LEFT + guess.at_low_days * scale
    colour = {"data sheet": "#4878a8", "estimated": "#d08a3c"}[guess.part.mark]
    label = f"{guess.part.part}, {guess.part.state} ({guess.part.mark})"
    return (
        _text(LEFT - 8, y + 14, label, "end")
        + f'<rect x="{left:.1f}" y="{y + 4}" width="{max(right - left, 1):.1f}" height="{ROW - 8}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}"{weight}>{text}</text>'


def write_figure() -> None:
    """Write life.svg."""
    (FOLDER / "life.svg").write_text(figure(), encoding="utf-8")
