"""MicroPython's `bluetooth` over a radio that `use` gives: it refuses, loses and cuts what the ESP32's NimBLE does.

A radio: start() stop() register(services) -> handles, set_value(handle, data), advertise(us, adv, resp),
notify(conn, handle, data) -> errno or 0, disconnect(conn) -> bool. It calls `BLE.deliver` and `BLE.written`.
"""

import binascii
import sys

FLAG_READ, FLAG_WRITE_NO_RESPONSE, FLAG_WRITE, FLAG_NOTIFY, FLAG_INDICATE = 2, 4, 8, 16, 32
IRQ_CONNECT, IRQ_DISCONNECT, IRQ_WRITE, IRQ_MTU = 1, 2, 3, 21
FIRST_MTU, PREFERRED_MTU, BUFFER_BYTES, ADVERT_BYTES = 23, 256, 20, 31
ENODEV, EINVAL, EMSGSIZE = 19, 22, 4
_used = []


def use(radio):
    """Let every BLE from now on be over `radio`."""
    _used[:] = [radio]
    BLE.only = None


class UUID:
    """16 or 128 bits; as bytes least significant first."""

    def __init__(self, value):
        self.text = f"{value:04x}" if isinstance(value, int) else value.lower()

    def __bytes__(self):
        return bytes(reversed(binascii.unhexlify(self.text.replace("-", ""))))

    def __eq__(self, other):
        return self.text == other.text

    def __hash__(self):
        return hash(self.text)


class BLE:
    """The one radio of the board."""

    only = None

    def __new__(cls):
        if BLE.only is None:
            if not _used:
                raise OSError(ENODEV)  # no radio was given to this world
            BLE.only = object.__new__(cls)
            BLE.only._reset(_used[0])
        return BLE.only

    def _reset(self, radio):
        self._radio = radio
        radio.ble = self
        self._handler = None
        self._active = False
        self._mtu = PREFERRED_MTU
        self._mtus = {}
        self._buffers = {}  # handle -> [size, append, data]
        self.named = ""

    # --- what the firmware calls ---

    def active(self, on=None):
        if on is not None and on != self._active:
            self._active = on
            self._buffers, self._mtus = {}, {}
            if on:
                self._radio.start()
            else:
                self._handler = None
                self._radio.stop()
        return self._active

    def irq(self, handler):
        self._handler = handler

    def config(self, *asked, **told):
        self._need_active()
        if asked:
            return {"mtu": self._mtu, "gap_name": self.named}[asked[0]]
        if not FIRST_MTU <= told.get("mtu", FIRST_MTU) <= 517:
            raise OSError(EINVAL)
        self._mtu = told.get("mtu", self._mtu)
        self.named = told.get("gap_name", self.named)
        return None

    def gatts_register_services(self, services):
        self._need_active()
        plain = [[s[0].text, [[c[0].text, c[1]] for c in s[1]]] for s in services]
        handles = tuple(tuple(some) for some in self._radio.register(plain))
        for some in handles:
            for handle in some:
                self._buffers[handle] = [BUFFER_BYTES, False, b""]
        return handles

    def gatts_set_buffer(self, handle, size, append=False):
        self._buffers[handle] = [size, append, b""]

    def gatts_read(self, handle):
        buffer = self._buffers[handle]
        data = buffer[2]
        if buffer[1]:
            buffer[2] = b""
        return data

    def gatts_write(self, handle, data, send_update=False):
        self._need_active()
        self._buffers[handle][2] = bytes(data)
        self._radio.set_value(handle, bytes(data))

    def gatts_notify(self, conn, handle, data=None):
        self._need_active()
        whole = self._buffers[handle][2] if data is None else bytes(data)
        cut = whole[: self._mtus.get(conn, FIRST_MTU) - 3]  # as the real one does, without a word
        code = self._radio.notify(conn, handle, cut)
        if code:
            raise OSError(code)

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable=True):
        self._need_active()
        if interval_us is None:
            return self._radio.advertise(None, b"", b"")
        if max(len(adv_data or b""), len(resp_data or b"")) > ADVERT_BYTES:
            raise OSError(EMSGSIZE)
        return self._radio.advertise(interval_us, bytes(adv_data or b""), bytes(resp_data or b""))

    def gap_disconnect(self, conn):
        self._need_active()
        return self._radio.disconnect(conn)

    def _need_active(self):
        if not self._active:
            raise OSError(ENODEV)

    # --- what the radio calls ---

    def deliver(self, event, conn, mtu=FIRST_MTU):
        """Tell the firmware of a connect, a disconnect or an exchanged MTU."""
        if event == IRQ_CONNECT:
            self._mtus[conn] = FIRST_MTU
        if event == IRQ_DISCONNECT:
            self._mtus.pop(conn, None)
        if event == IRQ_MTU:
            self._mtus[conn] = mtu
            self._call(event, (conn, mtu))
            return
        address = bytearray(b"\x01\x02\x03\x04\x05\x06")
        self._call(event, (conn, 0, memoryview(address)))
        address[:] = b"dead!!"  # it lives no longer than the handler runs

    def written(self, conn, handle, data):
        """Take what a central wrote: cut to the buffer without a word, in the place of what was there or after it."""
        buffer = self._buffers[handle]
        before = buffer[2] if buffer[1] else b""
        buffer[2] = (before + bytes(data))[: buffer[0]]
        self._call(IRQ_WRITE, (conn, handle))

    def _call(self, event, data):
        if self._handler is None:
            return
        try:
            self._handler(event, data)
        except Exception as error:  # noqa: BLE001 - as the port does
            print("Unhandled exception in IRQ callback handler", error, file=sys.stderr)
            self._handler = None  # and so it stays
