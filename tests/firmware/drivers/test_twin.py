"""The stand-in for a board's surroundings: it refuses what the chips refuse, and time bites."""

import esp32
import machine
import pytest
import vtime
from machine import ADC, I2C, PWM, SPI, Pin
from world import ESP32, ESP32S3, DeepSleep, Restart, World

from mpy import rig


def test_time_is_virtual_wraps_and_moves_the_chips() -> None:
    world = World(now_ms=(1 << 30) - 5)

    class Chip:
        def advance(self, now_ms: int) -> None:
            self.now_ms = now_ms

    chip = world.connect(5, 6, 0x10, Chip())
    vtime.sleep_ms(7)
    vtime.sleep_us(1500)
    assert (vtime.ticks_ms(), chip.now_ms) == (3, (1 << 30) + 3)
    assert vtime.ticks_us() == (((1 << 30) + 3) * 1000 + 500) & 0x3FFFFFFF
    assert vtime.ticks_diff(3, (1 << 30) - 5) == 8
    assert vtime.ticks_diff((1 << 30) - 5, 3) == -8


def test_a_level_has_one_master_and_two_are_a_short() -> None:
    world = World()
    pin = Pin(4, Pin.IN, Pin.PULL_UP)
    assert pin() == 1
    world.drive(4, 0)
    assert (pin(), world.shorts) == (0, [])
    Pin(4, Pin.OUT, value=1)
    assert world.shorts == [(0, 4)]
    world.release(4)
    assert Pin(4).value() == 1, "one pad, however many objects"


def test_a_held_pad_keeps_its_level_through_sleep_and_loses_it_with_the_power() -> None:
    world = World(chip=ESP32)
    Pin(4, Pin.OUT, value=1).init(hold=True)
    Pin(4, Pin.OUT, value=0)
    world.reboot(machine.DEEPSLEEP_RESET)
    assert world.pins[4] == 1
    Pin(4, Pin.OUT, value=0).init(hold=False)
    assert world.pins[4] == 0
    Pin(4, Pin.OUT, value=1).init(hold=True)
    world.reboot(machine.PWRON_RESET)
    assert world.pins[4] == 0


@pytest.mark.parametrize(
    ("chip", "refused"),
    [
        (ESP32, lambda: Pin(40)),
        (ESP32, lambda: Pin(34, Pin.OUT)),
        (ESP32, lambda: esp32.wake_on_ext0(Pin(21), False)),
        (ESP32, lambda: esp32.wake_on_ext1((Pin(4), Pin(5)), False)),
        (ESP32, lambda: ADC(Pin(21))),
        (ESP32S3, lambda: Pin(22)),
        (ESP32S3, lambda: esp32.wake_on_ext0(Pin(43), False)),
        (ESP32S3, lambda: ADC(Pin(21))),
        (ESP32S3, lambda: PWM(Pin(7), freq=0)),
        (ESP32S3, lambda: machine.WDT(timeout=0)),
    ],
)
def test_what_the_chip_refuses_is_refused(chip: str, refused) -> None:
    World(chip=chip)
    with pytest.raises(ValueError, match=r"invalid pin|only be input|frequency|timeout"):
        refused()


def test_input_only_pads_have_no_pull_up() -> None:
    World(chip=ESP32)
    assert (Pin(37, Pin.IN, Pin.PULL_UP)(), Pin(4, Pin.IN, Pin.PULL_UP)()) == (0, 1)


def test_a_bus_says_when_nothing_answers_and_when_it_is_stuck() -> None:
    world = World()
    bus = I2C(0, scl=Pin(6), sda=Pin(5))
    with pytest.raises(OSError, match="19"):
        bus.readfrom_mem(0x6A, 0x0F, 1)
    world.stick(5, 6, 2)
    with pytest.raises(OSError, match="116"):
        bus.readfrom_mem(0x6A, 0x0F, 1)
    for level in (0, 1, 0):
        assert Pin(5)() == 0
        Pin(6, Pin.OPEN_DRAIN, value=level)
    assert Pin(5)() == 1


def test_the_other_wires_are_logged() -> None:
    world = World()
    SPI(1, 1000, sck=Pin(13), mosi=Pin(15), miso=None).write(b"\x01\x02")
    assert world.spi_log == [b"\x01\x02"]
    tone = PWM(Pin(7), freq=1000, duty_u16=0)
    world.wait_ms(5)
    tone.freq(2000)
    assert world.pwm_log == [(0, 7, 1000, 0), (5, 7, 2000, 0)]
    world.adc[1] = 5000000
    assert ADC(Pin(1), atten=ADC.ATTN_11DB).read_uv() == 3100000


def test_a_bus_that_is_told_of_no_input_pin_takes_its_default_from_whoever_drives_it() -> None:
    world = World(chip=ESP32)
    for miso, level in (({"miso": None}, 1), ({}, 0)):
        Pin(12, Pin.OUT, value=1)
        SPI(1, 1000, sck=Pin(13), mosi=Pin(15), **miso)
        assert world.pins[12] == level


def test_the_watchdog_bites_at_its_moment_and_nothing_catches_it() -> None:
    world = World()
    guard = machine.WDT(timeout=100)
    world.wait_ms(99)
    guard.feed()
    with pytest.raises(Restart, match=str(machine.WDT_RESET)):
        world.wait_ms(1000)
    assert world.now_ms == 199
    assert not issubclass(Restart, Exception)
    assert not issubclass(DeepSleep, Exception)
    world.reboot(machine.WDT_RESET)
    world.wait_ms(1000)


def test_sleep_and_resets_end_what_runs() -> None:
    World()
    with pytest.raises(DeepSleep, match="0"):
        machine.deepsleep()
    with pytest.raises(Restart, match=str(machine.HARD_RESET)):
        machine.reset()


def test_virtual_time_takes_the_place_of_time_under_micropython(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import vtime\nvtime.install()\nimport time\nfrom world import World\n"
        "World(1000)\ntime.sleep(3600)\nprint(time.ticks_ms())\n"
    )
    assert rig.run(script) == "3601000\n"
