"""A radio in memory for `bluetooth`, with the central's side of it; runs under both interpreters."""

import bluetooth

ENOMEM, ENOTCONN, ETIMEDOUT = 12, -128, 116


class Ether:
    """Delivers at once. `room` is how many notifications it takes until some are `heard`; None is no limit."""

    def __init__(self):
        self.ble = None
        self.on = False
        self.starts = 0
        self.handles = []
        self.values = {}
        self.advertised = None
        self.adverts = 0
        self.conns = []
        self.next_conn = 0
        self.room = None
        self.waiting = []
        self.heard = []
        self.deaf_to_disconnect = False
        self.refuses_advertising = False
        self.raises = ()  # which calls raise OSError
        bluetooth.use(self)

    # --- the radio's side ---

    def start(self):
        self._refuse("start")
        self.on = True
        self.starts += 1

    def stop(self):
        self.on = False
        self.conns, self.advertised, self.waiting = [], None, []

    def register(self, services):
        self.table, at, handles = services, 10, []
        for service in services:
            at += 1
            some = []
            for _, flags in service[1]:
                some.append(at + 1)
                at += 3 if flags & bluetooth.FLAG_NOTIFY else 2
            handles.append(some)
        self.handles = handles
        return handles

    def _refuse(self, call):
        if call in self.raises:
            raise OSError(ETIMEDOUT)

    def set_value(self, handle, data):
        self._refuse("set_value")
        self.values[handle] = data

    def advertise(self, interval_us, adv, resp):
        self._refuse("advertise")
        if self.refuses_advertising:
            raise OSError(ENOMEM)
        self.advertised = (interval_us, adv, resp)
        self.adverts += 1

    def notify(self, conn, handle, data):
        if conn not in self.conns:
            return ENOTCONN
        if self.room is not None and len(self.waiting) >= self.room:
            return ENOMEM
        self.waiting.append((handle, data))
        return 0

    def disconnect(self, conn):
        if conn not in self.conns:
            return False
        if not self.deaf_to_disconnect:
            self.drop(conn)
        return True

    # --- the central's side ---

    def connect(self, mtu=247):
        """Connect as a central does: advertising ends, and the MTU is exchanged when one is given."""
        conn = self.next_conn
        self.next_conn += 1
        self.conns.append(conn)
        self.advertised = None
        self.ble.deliver(bluetooth.IRQ_CONNECT, conn)
        if mtu:
            self.ble.deliver(bluetooth.IRQ_MTU, conn, mtu)
        return conn

    def write(self, conn, data):
        """Write to RX."""
        self.ble.written(conn, self.handles[0][0], data)

    def drop(self, conn):
        """Lose a connection; what waited to be sent on it is lost too."""
        self.conns.remove(conn)
        self.waiting = []
        self.ble.deliver(bluetooth.IRQ_DISCONNECT, conn)

    def take_notifications(self, count=1000000):
        """Let the central have up to `count` notifications of TX; return them."""
        some, self.waiting = self.waiting[:count], self.waiting[count:]
        frames = [data for handle, data in some if handle == self.handles[0][1]]
        self.heard += frames
        return frames
