"""What a host sees before a session: the GATT table, frozen because hosts cache it, and the advertisement."""

import binascii
import struct

from barcore import frame, protocol

DEVICE_INFORMATION, MODEL, FIRMWARE = 0x180A, 0x2A24, 0x2A26
BATTERY, BATTERY_LEVEL = 0x180F, 0x2A19
RX_BYTES = 512
"""The port's default of 20 would cut every write short and say nothing."""
FLAGS, UUID_128, NAME, MANUFACTURER = 1, 7, 9, 255
LE_ONLY_DISCOVERABLE = 6


def table(bluetooth) -> tuple:
    """Return the services for `gatts_register_services`; nothing here may ever move."""
    uuid, read = bluetooth.UUID, bluetooth.FLAG_READ
    write = bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE
    session = (
        (uuid(protocol.RX_UUID), write),
        (uuid(protocol.TX_UUID), bluetooth.FLAG_NOTIFY),
        (uuid(protocol.INFO_UUID), read),
    )
    information = ((uuid(MODEL), read), (uuid(FIRMWARE), read))
    battery = ((uuid(BATTERY_LEVEL), read | bluetooth.FLAG_NOTIFY),)
    return (
        (uuid(protocol.SERVICE_UUID), session),
        (uuid(DEVICE_INFORMATION), information),
        (uuid(BATTERY), battery),
    )


def info(device_id: bytes, name: str) -> bytes:
    """Return the value of INFO: what HELLO would tell, as far as it holds without a session."""
    return frame.pack_info(
        (
            (protocol.INFO_PROTOCOL, bytes((protocol.MAJOR, protocol.MINOR))),
            (protocol.INFO_DEVICE, device_id),
            (protocol.INFO_NAME, name.encode()),
        )
    )


def advertisement(battery_pct: int, unsynced: int) -> bytes:
    """Return the 28 of at most 31 bytes that every host sees."""
    told = struct.pack(protocol.ADVERT_FORMAT, battery_pct, min(unsynced, 65535))
    uuid = binascii.unhexlify(protocol.SERVICE_UUID.replace("-", ""))
    return (
        _part(FLAGS, bytes((LE_ONLY_DISCOVERABLE,)))
        + _part(UUID_128, bytes(reversed(uuid)))
        + _part(MANUFACTURER, struct.pack("<H", protocol.ADVERT_COMPANY) + told)
    )


def scan_response(name: str) -> bytes:
    """Return what a host that asks for more sees: the name, at most protocol.NAME_BYTES of it."""
    return _part(NAME, name.encode()[: protocol.NAME_BYTES])


def _part(kind: int, data: bytes) -> bytes:
    return bytes((len(data) + 1, kind)) + data
