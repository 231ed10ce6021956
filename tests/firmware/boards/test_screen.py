"""The screen: what stands on it, what a step may cost, and that nothing is drawn twice."""

import pytest
from chips.st7789 import FakeSt7789
from machine import SPI, Pin
from world import ESP32, World

from barhold.image import firmware_files
from barsensor.drivers import banner, st7789
from mpy import rig

LETTERS = {0x0000: ".", 0xFFFF: "W", 0xFD20: "A", 0x07E0: "G", 0xF800: "R"}
MM_PER_PX = 1.14 * 25.4 / (135**2 + 240**2) ** 0.5


class Lit:
    """A screen on its fake, in a world of its own."""

    def __init__(self) -> None:
        self.world = World(chip=ESP32)
        self.lcd = self.world.spi[13, 15] = FakeSt7789(self.world, 5, 14)
        self.open()

    def open(self) -> None:
        spi = SPI(1, 20000000, sck=Pin(13), mosi=Pin(15), miso=None)
        pins = [Pin(number, Pin.OUT, value=1) for number in (5, 14, 12)]
        self.screen = st7789.St7789(spi, *pins, Pin(27, Pin.OUT, value=0), self.world)

    def show(self, rep: int, hold_ms: int, target_ms: int = 2000, low: bool = False, name: str = "") -> int:
        """Show it until it stands; return the number of calls."""
        idle = 0
        for calls in range(1, 100):
            before = self.lcd.windows
            self.screen.show(rep, hold_ms, target_ms, low, name)
            drawn = self.lcd.windows - before
            assert drawn <= st7789.RECTS_A_CALL
            idle = 0 if drawn else idle + 1
            if idle == 2:  # between numbers and a name there may be a call that finds nothing to clear
                return calls - 1
        raise AssertionError("never ends")

    def picture(self) -> list[str]:
        """Return a letter for the middle of every cell of 6 x 8 pixels."""
        top, left = st7789.TOP + 6, st7789.LEFT + 2
        return [
            "".join(LETTERS[self.lcd.pixel(x, y)] for x in range(left, left + 135, 6)) for y in range(top, top + 234, 8)
        ]

    def read(self) -> tuple[str, str, set[str]]:
        """Return the two numbers as the digits' lit bars tell them, and the colours seen."""
        rep_tens, rep_ones, left, right = [self._digit(*place) for place in st7789.PLACES]
        point = "." if self._at(*st7789.POINT) != "." else ""
        return rep_tens + rep_ones, left + point + right, set("".join(self.picture())) - {"."}

    def dots(self, dot_px: int, count: int) -> list[str]:
        """Return the dots of a name that is `count` dots wide, each `dot_px` pixels, in the middle of its band."""
        left = (st7789.WIDTH - count * dot_px) // 2
        top = banner.TOP + (banner.HEIGHT - 7 * dot_px) // 2
        return [
            "".join(self._at(left + x * dot_px, top + y * dot_px, dot_px, dot_px) for x in range(count))
            for y in range(7)
        ]

    def _digit(self, left: int, top: int) -> str:
        bars = 0
        for bit, (x, y, w, h) in enumerate(st7789.PARTS[:7]):
            bars |= (self._at(left + x, top + y, w, h) != ".") << bit
        return " " if bars == 0 else str(st7789.DIGITS.index(bars))

    def _at(self, x: int, y: int, w: int, h: int) -> str:
        letters = {
            LETTERS[self.lcd.pixel(st7789.LEFT + px, st7789.TOP + py)]
            for px in range(x, x + w)
            for py in range(y, y + h)
        }
        assert len(letters) == 1, "one colour all over"
        return letters.pop()


def test_it_starts_awake_on_and_black() -> None:
    lit = Lit()
    assert (lit.lcd.sleeping, lit.lcd.on, lit.lcd.inverted, lit.world.pins[27]) == (False, True, True, 1)
    assert set("".join(lit.picture())) == {"."}
    assert lit.lcd.windows == 1


@pytest.mark.parametrize(
    ("rep", "hold_ms", "upper", "lower", "colours"),
    [
        (0, 0, " 0", "0.0", {"W", "A"}),
        (1, 99, " 1", "0.0", {"W", "A"}),
        (4, 1999, " 4", "1.9", {"W", "A"}),
        (9, 2000, " 9", "2.0", {"W", "G"}),
        (10, 3456, "10", "3.4", {"W", "G"}),
        (38, 5700, "38", "5.7", {"W", "G"}),
        (62, 9999, "62", "9.9", {"W", "G"}),
        (99, 10000, "99", "10", {"W", "G"}),
        (100, 12300, "00", "12", {"W", "G"}),
        (255, 65535, "55", "65", {"W", "G"}),
    ],
)
def test_rep_above_and_hold_below(rep: int, hold_ms: int, upper: str, lower: str, colours: set[str]) -> None:
    lit = Lit()
    lit.show(88, 8800)
    lit.show(rep, hold_ms)
    assert lit.read() == (upper, lower, colours)


def test_without_a_target_no_hold_is_green() -> None:
    lit = Lit()
    lit.show(3, 9000, target_ms=0)
    assert lit.read()[2] == {"W", "A"}


def test_a_low_battery_is_a_red_bar_between_and_goes_again() -> None:
    lit = Lit()
    lit.show(3, 0, low=True)
    assert "R" in lit.picture()[14]
    lit.show(3, 0)
    assert "R" not in "".join(lit.picture())


def test_only_what_changed_is_drawn_and_the_worst_change_takes_a_fraction_of_a_second() -> None:
    lit = Lit()
    lit.show(7, 100)
    before = lit.lcd.windows
    assert lit.show(7, 180) == 1
    assert lit.lcd.windows == before
    lit.show(7, 200)
    assert 0 < lit.lcd.windows - before < 13, "one digit of four"
    lit.show(88, 8800)
    calls = lit.show(1, 10000)
    assert calls * 20 <= 300, "ms, at a step of 20"


def test_a_digit_that_keeps_changing_starves_no_other() -> None:
    lit = Lit()
    lit.show(8, 0)
    for i in range(30):
        lit.screen.show(11, 100 * i, 60000, False)
    assert lit.read()[0] == "11"


def test_a_name_stands_alone_as_large_as_it_fits_and_goes_when_the_numbers_come() -> None:
    lit = Lit()
    lit.show(8, 8800)
    calls = lit.show(8, 8800, low=True, name="MIA")
    assert calls * 20 <= 500, "ms, at a step of 20"
    assert lit.dots(7, 17) == [
        "W...W..WWW...WWW.",
        "WW.WW...W...W...W",
        "W.W.W...W...W...W",
        "W.W.W...W...WWWWW",
        "W...W...W...W...W",
        "W...W...W...W...W",
        "W...W..WWW..W...W",
    ]
    assert "R" in lit.picture()[14], "the battery is told all the same"
    lit.show(8, 8800, name="ALEXAND")
    assert lit.dots(3, 41)[0] == ".WWW..W.....WWWWW.W...W..WWW..W...W.WWWW."
    lit.show(1, 2000)
    assert lit.read() == (" 1", "2.0", {"W", "G"})


def test_a_name_that_is_cut_short_leaves_nothing_behind() -> None:
    for calls in range(1, 20):
        lit = Lit()
        lit.show(3, 1000)
        for _ in range(calls):
            lit.screen.show(3, 1000, 2000, False, "MMMMMMMM")
        lit.show(3, 1000, name="I" if calls % 2 else "")
        lit.show(4, 1000)
        assert lit.read() == (" 4", "1.0", {"W", "A"})


def test_off_is_dark_and_asleep_and_a_new_start_ends_it() -> None:
    lit = Lit()
    lit.show(8, 8800)
    lit.screen.off()
    assert (lit.lcd.sleeping, lit.lcd.on, lit.world.pins[27]) == (True, False, 0)
    lit.open()
    assert (lit.lcd.sleeping, lit.lcd.on, lit.world.pins[27]) == (False, True, 1)
    assert set("".join(lit.picture())) == {"."}


def test_the_digits_are_as_high_as_the_readme_says_and_readable_from_two_metres() -> None:
    height_mm = st7789.DIGIT_HEIGHT * MM_PER_PX
    assert f"{height_mm:.1f} mm" in (firmware_files.folder() / "barsensor/boards/README.md").read_text(encoding="utf-8")
    arc_minutes = height_mm / 2000 * 180 / 3.14159 * 60
    assert arc_minutes > 16, "ISO 9241-303 asks for 16 at least"


def test_the_same_picture_under_micropython() -> None:
    lit = Lit()
    for rep, hold_ms, low in ((7, 1200, False), (12, 2400, True)):
        lit.show(rep, hold_ms, low=low)
    first, second, *picture = rig.run(rig.HERE / "drive_board.py", "screen", "m5stickc_plus2").splitlines()
    assert (first, second) == ("0", "0")
    assert picture == lit.picture()


def test_neither_cue_nor_screen_allocates_in_a_step() -> None:
    assert rig.run(rig.HERE / "cue_and_screen_allocations.py").splitlines() == ["cue 0", "screen 0", "seeded True"]
