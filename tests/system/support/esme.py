"""A client of the hub over a plain socket: sends what it is told to, malformed or not, and reads what comes."""

import socket
import ssl
import time

from support import wire
from support.children import PATIENCE_S


class Esme:
    def __init__(self, port, system_id=None, password=None, mode=wire.BIND_TRANSCEIVER, tls=None, preface=b"", source=None,
                 name="localhost"):
        """tls: an ssl.SSLContext; preface: octets in front of everything, as a proxy would send them; source: the address of
        127.0.0.0/8 that it comes from, when it matters."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S,
                                                source_address=(source, 0) if source else None)
        self._socket.sendall(preface)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname=name)
        self._reader = wire.FrameReader()
        self._sequence = 0
        self.inbox = []   # PDUs read and not yet asked for
        self.enquired = 0  # enquire_link read, and answered at once
        self.closed = False
        if system_id is not None:
            answer = self.bind(system_id, password, mode)
            if answer.status != wire.ROK:
                raise AssertionError(f"bind of {system_id} answered {answer.status:#x}")

    def bind(self, system_id, password, mode=wire.BIND_TRANSCEIVER):
        return self.request(mode, wire.bind_body(system_id, password))

    # -- sending

    def send_raw(self, octets):
        self._socket.sendall(octets)

    def send(self, command_id, body=b"", status=0, sequence=None):
        """Sequence number of the request sent."""
        if sequence is None:
            self._sequence += 1
            sequence = self._sequence
        self.send_raw(wire.Pdu(command_id, status, sequence, body).encode())
        return sequence

    def request(self, command_id, body=b"", seconds=PATIENCE_S):
        """The response to a request."""
        sequence = self.send(command_id, body)
        return self.wait(lambda p: p.command_id == command_id | wire.RESP and p.sequence == sequence, seconds,
                         f"the response to {command_id:#x}")

    def submit(self, **fields):
        """The submit_sm_resp."""
        return self.request(wire.SUBMIT_SM, wire.Sm(**fields).encode())

    # -- receiving

    def pump(self, seconds):
        """Reads what there is, waiting at most so long; answers enquire_link."""
        if self.closed:
            return
        self._socket.settimeout(max(seconds, 0.001))
        try:
            octets = self._socket.recv(65536)
        except TimeoutError:
            return
        except (ConnectionResetError, ssl.SSLError):
            octets = b""
        if not octets:
            self.closed = True
            return
        for pdu in self._reader.feed(octets):
            if pdu.command_id == wire.ENQUIRE_LINK:
                self.enquired += 1
                self.send(wire.ENQUIRE_LINK | wire.RESP, sequence=pdu.sequence)
            else:
                self.inbox.append(pdu)

    def wait(self, matches, seconds=PATIENCE_S, what="a PDU"):
        """Takes the first matching PDU out of the inbox."""
        deadline = time.monotonic() + seconds
        while True:
            for pdu in self.inbox:
                if matches(pdu):
                    self.inbox.remove(pdu)
                    return pdu
            left = deadline - time.monotonic()
            if left <= 0 or self.closed:
                ending = "the connection was closed" if self.closed else f"nothing within {seconds} s"
                raise AssertionError(f"waiting for {what}: {ending}; inbox: {self.inbox!r}")
            self.pump(left)

    def wait_closed(self, seconds=PATIENCE_S):
        deadline = time.monotonic() + seconds
        while not self.closed and time.monotonic() < deadline:
            self.pump(deadline - time.monotonic())
        return self.closed

    def take_delivery(self, seconds=PATIENCE_S, answer=wire.ROK, tlvs=b""):
        """Next deliver_sm or data_sm, answered; tlvs: octets behind the answer's message_id."""
        pdu = self.wait(lambda p: p.command_id in (wire.DELIVER_SM, wire.DATA_SM), seconds, "a delivery")
        self.send(pdu.command_id | wire.RESP, b"\0" + tlvs, status=answer, sequence=pdu.sequence)
        return pdu

    def unbind(self):
        return self.request(wire.UNBIND)

    def tls(self):
        """(version, cipher) of a connection over TLS."""
        return self._socket.version(), self._socket.cipher()[0]

    def close(self):
        self._socket.close()
        self.closed = True
