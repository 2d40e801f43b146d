"""A supplier that does exactly what a test says: keeps every PDU it got, answers by a function of the test's."""

import itertools
import select
import socket
import ssl
import threading

from support import children, wire


class Link:
    """One connection of the hub."""

    def __init__(self, sock):
        self.socket = sock
        self.bound = None  # command_id of the bind
        self.lock = threading.Lock()

    def send(self, pdu):
        with self.lock:
            self.socket.sendall(pdu.encode())

    def drop(self):
        """As a crash would: no unbind, the connection is gone."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class TlsSocket:
    """A socket over TLS that one thread may read while others write: OpenSSL wants them in turn."""

    def __init__(self, sock):
        self._socket = sock
        self._turn = threading.Lock()
        self.shutdown, self.close, self.version = sock.shutdown, sock.close, sock.version

    def sendall(self, octets):
        with self._turn:
            self._socket.settimeout(children.PATIENCE_S)
            self._socket.sendall(octets)

    def recv(self, count):
        while True:
            select.select([self._socket], [], [])
            with self._turn:
                self._socket.settimeout(0)
                try:
                    return self._socket.recv(count)
                except ssl.SSLWantReadError:
                    continue


class Smsc:
    """Listens on a port of 127.0.0.1.

    answer(link, pdu)  called for each request that is no bind, unbind, enquire_link; returns the PDUs to send,
                       in order. The default accepts every message.
    tls                an ssl.SSLContext; tls_errors keeps what went wrong in handshakes, sni the names asked for.
    received           (link, pdu) of all those requests; responses of the hub are in `responses`; unbinds and the count `enquired`
                       of those that it answered by itself.
    """

    def __init__(self, port=None, answer=None, tls=None):
        self.port = port or children.free_ports(1)[0]
        self.answer = answer or self.accept
        self.received, self.responses, self.unbinds = [], [], []
        self.enquired = 0
        self.tls, self.tls_errors, self.sni = tls, [], []
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self.sni.append(name)
        self.links = []
        self._ids = itertools.count(1)
        self._sequence = itertools.count(1)
        self._listener = None
        self.listen()

    def listen(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._accept_loop, args=(self._listener,), daemon=True).start()

    def accept(self, _link, pdu):
        has_id = pdu.command_id not in (wire.CANCEL_SM, wire.REPLACE_SM)
        return [self.response(pdu, wire.ROK, f"s{next(self._ids)}" if has_id else None)]

    @staticmethod
    def response(pdu, status, message_id=None):
        body = wire.cstring(message_id) if message_id is not None else b""
        return wire.Pdu(pdu.command_id | wire.RESP, status, pdu.sequence, body)

    def deliver(self, sm, link=None, command_id=wire.DELIVER_SM):
        """Sends a delivery on a link that receives, and returns its sequence number."""
        link = link or next(l for l in self.bound_links() if l.bound != wire.BIND_TRANSMITTER)
        pdu = wire.Pdu(command_id, 0, next(self._sequence), sm.encode(is_data=command_id == wire.DATA_SM))
        link.send(pdu)
        return pdu.sequence

    def deliver_receipt(self, supplier_id, source, dest, stat="DELIVRD", link=None):
        """A receipt with text and TLVs for a message this supplier accepted as `supplier_id`."""
        states = {"ENROUTE": 1, "DELIVRD": 2, "EXPIRED": 3, "UNDELIV": 5, "REJECTD": 8}
        sm = wire.Sm(source=source, dest=dest, esm_class=0x04, text=wire.receipt_text(supplier_id, stat),
                     tlvs=((wire.TLV_RECEIPTED_MESSAGE_ID, wire.cstring(supplier_id)),
                           (wire.TLV_MESSAGE_STATE, bytes([states[stat]]))))
        return self.deliver(sm, link)

    def wait_bound(self, count=1, seconds=20):
        children.wait_until(lambda: len(self.bound_links()) >= count, seconds, f"{count} binds at port {self.port}")

    def bound_links(self):
        return [link for link in self.links if link.bound is not None]

    def wait_received(self, count, seconds=10):
        children.wait_until(lambda: len(self.received) >= count, seconds, f"{count} messages at port {self.port}")
        return [pdu for _, pdu in self.received]

    def wait_response(self, sequence, seconds=10):
        """The hub's answer to a delivery."""
        def found():
            return [p for p in list(self.responses) if p.sequence == sequence]
        return children.wait_until(found, seconds, f"the answer to delivery {sequence}")[0]

    def close(self):
        """Stops listening and drops every link."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in list(self.links):
            link.drop()

    def _accept_loop(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if self.tls is not None:
                threading.Thread(target=self._shake_hands, args=(sock,), daemon=True).start()
                continue
            link = Link(sock)
            self.links.append(link)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _shake_hands(self, sock):
        try:
            link = Link(TlsSocket(self.tls.wrap_socket(sock, server_side=True)))
        except OSError as error:
            self.tls_errors.append(str(error))
            return
        self.links.append(link)
        self._serve(link)

    def _serve(self, link):
        reader = wire.FrameReader()
        try:
            while octets := link.socket.recv(65536):
                for pdu in reader.feed(octets):
                    self._take(link, pdu)
        except OSError:
            pass
        finally:
            self.links.remove(link)
            link.socket.close()

    def _take(self, link, pdu):
        if pdu.command_id & wire.RESP:
            self.responses.append(pdu)
        elif pdu.command_id in (wire.BIND_RECEIVER, wire.BIND_TRANSMITTER, wire.BIND_TRANSCEIVER):
            link.send(wire.Pdu(pdu.command_id | wire.RESP, wire.ROK, pdu.sequence, wire.cstring("python-smsc")))
            link.bound = pdu.command_id
        elif pdu.command_id in (wire.ENQUIRE_LINK, wire.UNBIND):
            if pdu.command_id == wire.UNBIND:
                self.unbinds.append(pdu)
            else:
                self.enquired += 1
            link.send(wire.Pdu(pdu.command_id | wire.RESP, wire.ROK, pdu.sequence, b""))
        else:
            self.received.append((link, pdu))
            for answer in self.answer(link, pdu):
                link.send(answer)
