"""The air: bumble's local link with a connection interval, and with what bumble 0.0.236's own leaves out.

A connection carries at most `packets` packets each way every `interval_ms`; only then do its senders get their credits
back, so queues fill up as they do on a radio. With interval 0 everything crosses at once.
"""

import asyncio
import itertools
import math
from collections import deque

from bumble import core, hci, ll
from bumble.controller import Connection, Controller
from bumble.link import LocalLink

SUPERVISION_TIMEOUT = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR


class Air(LocalLink):
    """All controllers in reach of each other."""

    def __init__(self, interval_ms: float = 15.0, packets: int = 4, advert_ms: float = 10_240.0) -> None:
        super().__init__()
        self.interval_ms = interval_ms
        self.advert_ms = advert_ms  # the longest between two advertisements, whatever a sensor asks for
        self.packets = packets
        self._addresses = (f"C0:FF:EE:00:{n >> 8:02X}:{n & 255:02X}" for n in itertools.count(1))
        self._event: asyncio.Handle | None = None

    def new_address(self) -> str:
        """Return a random address that nobody here has."""
        return next(self._addresses)

    def wake(self) -> None:
        """Let the next connection event happen: on a grid of the interval, however late the one before was."""
        if self._event is None:
            loop = asyncio.get_running_loop()
            interval_s = self.interval_ms / 1000
            if interval_s:
                # In simulated time the event that just was may lie a rounding error ahead of its own moment.
                events = math.floor(loop.time() / interval_s + 1e-6)
                self._event = loop.call_at((events + 1) * interval_s, self._exchange)
            else:
                self._event = loop.call_soon(self._exchange)

    def _exchange(self) -> None:
        self._event = None
        left = [one.exchange(self.packets) for one in self.controllers if isinstance(one, AirController)]
        if any(left):
            self.wake()

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: hci.Address,
        transport: core.PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry one packet. bumble's own takes every sender for one on its random address."""
        sender = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if sender and receiver:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, sender.self_address, transport, data)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Carry a control packet, to whoever is still there."""
        if self.find_le_controller(receiver_address):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def scan_response(self, address: hci.Address) -> bytes:
        """Return what the advertiser at `address` answers to who asks."""
        found = self.find_le_controller(address)
        return found.le_legacy_advertiser.scan_response_data if found else b""


class AirController(Controller):
    """A controller that sends only at connection events, and only so much."""

    le_features = Controller.le_features & ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
    le_acl_data_packet_length = 251
    total_num_le_acl_data_packets = 10
    link: Air

    def __init__(self, name: str, air: Air, public_address: str = "", **kwargs) -> None:
        self._waiting: dict[int, deque[hci.HCI_AclDataPacket]] = {}
        super().__init__(name, link=air, public_address=public_address or None, **kwargs)

    def on_hci_acl_data_packet(self, packet: hci.HCI_AclDataPacket) -> None:
        self._waiting.setdefault(packet.connection_handle, deque()).append(packet)
        self.link.wake()

    def exchange(self, most: int) -> bool:
        """Send what one connection event carries; tell whether more waits."""
        for waiting in self._waiting.values():
            for _ in range(min(most, len(waiting))):
                super().on_hci_acl_data_packet(waiting.popleft())
        return any(self._waiting.values())

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        self._waiting.pop(connection.handle, None)
        super().on_le_disconnected(connection, reason)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report an advertisement and its scan response, for which bumble's own repeats the advertisement."""
        if self.le_scan_enable:
            kinds = hci.HCI_LE_Advertising_Report_Event.EventType
            self._report(kinds.ADV_IND, pdu.advertiser_address, pdu.data)
            self._report(kinds.SCAN_RSP, pdu.advertiser_address, self.link.scan_response(pdu.advertiser_address))
        pending = self.pending_le_connection
        if pending and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _report(self, kind: int, address: hci.Address, data: bytes) -> None:
        report = hci.HCI_LE_Advertising_Report_Event.Report(
            event_type=kind, address_type=address.address_type, address=address, data=data, rssi=-50
        )
        self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))

    def vanish(self) -> None:
        """Be gone without a word, as a computer that was switched off; the others notice."""
        for connection in list(self.le_connections.values()):
            connection.send_ll_control_pdu(ll.TerminateInd(SUPERVISION_TIMEOUT))
        asyncio.get_running_loop().call_soon(self._remove)

    def _remove(self) -> None:
        self.le_connections.clear()
        self.link.remove_controller(self)
