"""The clients' end: several customers with several binds each, which submit at a given rate and come back for ever.

All of it runs on one asyncio loop, in one thread; the numbers may be read from any other.
"""

import asyncio
import contextlib
import random
import re

import numbering
import seen as journal
import world
from support import wire

TICK_S = 0.005
LATE_S = 20 * TICK_S    # time that a tick makes good: a machine that is later than this sends less, and not the rest at once
RECONNECT_S = 0.03
WINDOW = 100            # submits of one bind without an answer
PAUSE_S = 0.05          # of a bind that was told to slow down
TEMPORARY_NO = 0x64     # ESME_RX_T_APPN: "give me this receipt again"
ESM_CLASS_RECEIPT, ESM_CLASS_INTERMEDIATE = 0x04, 0x20
SLOW_DOWN = (wire.RTHROTTLED, 0x14)  # 0x14: ESME_RMSGQFUL
RECEIVING = (wire.BIND_TRANSCEIVER, wire.BIND_RECEIVER)
MODES = (wire.BIND_TRANSCEIVER, wire.BIND_TRANSCEIVER, wire.BIND_TRANSMITTER, wire.BIND_RECEIVER)
STATES = {b"DELIVRD": 2, b"EXPIRED": 3, b"DELETED": 4, b"UNDELIV": 5, b"ACCEPTD": 6, b"UNKNOWN": 7, b"REJECTD": 8}
RECEIPT_TEXT = re.compile(rb"id:(\S*) .*stat:(\S+)")


class Session(asyncio.Protocol):
    """One connection, from bind to its end."""

    def __init__(self, client, mode):
        self.client, self.mode = client, mode
        self.outstanding = {}  # sequence number -> Submit
        self.bound = False
        self.paused_until = 0.0
        self._bind_number = 0
        self._reader = wire.FrameReader()
        self._out = []
        self.transport = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        spec = self.client.spec
        self._bind_number = self._request(self.mode, wire.bind_body(spec.name, spec.password))
        self._flush()

    def connection_lost(self, _why):
        self.bound = False
        for submit in self.outstanding.values():
            submit.cut = True
        self.give_up()
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, octets):
        for pdu in self._reader.feed(octets):
            self._take(pdu)
        self._flush()

    def give_up(self):
        """Waits for no answer any more."""
        self.client.numbers.forget([self._bind_number, *self.outstanding])
        self.outstanding.clear()

    # -- out

    def room(self, now):
        """Messages that may be sent at once."""
        sends = self.bound and self.mode != wire.BIND_RECEIVER and now >= self.paused_until
        return WINDOW - len(self.outstanding) if sends else 0

    def submit(self, submit):
        sm = wire.Sm(dest=journal.destination(submit.prefix, submit.tag), text=journal.text(submit.tag),
                     registered=int(submit.registered))
        self.outstanding[self._request(wire.SUBMIT_SM, sm.encode())] = submit

    def send_now(self):
        self._flush()

    def _request(self, command_id, body):
        number = self.client.numbers.ask(self, command_id)
        self._out.append(wire.Pdu(command_id, 0, number, body).encode())
        return number

    def _answer(self, pdu, status=wire.ROK, body=b""):
        self._out.append(wire.Pdu(pdu.command_id | wire.RESP, status, pdu.sequence, body).encode())

    def _flush(self):
        if self._out and not self.transport.is_closing():
            self.transport.write(b"".join(self._out))
        self._out.clear()

    # -- in

    def _take(self, pdu):
        if pdu.command_id & wire.RESP:
            if self.client.numbers.answers(self, pdu):
                self._answered(pdu)
        elif pdu.command_id == wire.DELIVER_SM and self.mode in RECEIVING:
            self.client.on_receipt(wire.Sm.decode(pdu.body))
            self._answer(pdu, self.client.receipt_answer(), b"\0")
        elif pdu.command_id in (wire.ENQUIRE_LINK, wire.UNBIND):
            self._answer(pdu)
            if pdu.command_id == wire.UNBIND:
                self.bound = False
        else:
            self.client.numbers.note(f"a request on a bind of mode {self.mode:#x}: {pdu.command_id:#x}")

    def _answered(self, pdu):
        if pdu.sequence == self._bind_number:
            self.bound = pdu.status == wire.ROK
            if not self.bound:
                self.transport.abort()
            return
        submit = self.outstanding.pop(pdu.sequence)
        submit.status = pdu.status
        if pdu.status == wire.ROK:
            submit.message_id = int(pdu.message_id)
        elif pdu.status in SLOW_DOWN:
            self.paused_until = asyncio.get_running_loop().time() + PAUSE_S
        self.client.seen.statuses[pdu.status] += 1


class Client:
    """One customer: keeps its binds up, and spreads what it sends over them."""

    def __init__(self, spec, seen, port, rng, numbers):
        self.spec, self.seen, self.port, self.rng, self.numbers = spec, seen, port, rng, numbers
        self.sessions = [None] * len(MODES)
        self.away = ()            # modes of which there is no bind, and none is tried
        self.calm = False         # True: every receipt is taken at once
        self.networks = [n.prefix for n in world.NETWORKS]
        self._owed = 0.0          # messages that the rate has earned and that are not sent yet
        self._turn = 0

    async def keep_bound(self, index):
        loop = asyncio.get_running_loop()
        while True:
            if MODES[index] not in self.away:
                with contextlib.suppress(OSError):
                    _, session = await loop.create_connection(lambda: Session(self, MODES[index]), "127.0.0.1", self.port)
                    self.sessions[index] = session
                    await session.closed
            await asyncio.sleep(RECONNECT_S)

    def go_away(self, modes=MODES):
        """As a crash of the client: the connections end, and nobody comes back until come_back."""
        self.away = modes
        for session in filter(None, self.sessions):
            if session.mode in modes:
                session.transport.abort()

    def come_back(self):
        self.away = ()

    def live_sessions(self):
        return [s for s in self.sessions if s is not None and s.bound]

    def send(self, count, now):
        """Up to `count` messages (a fraction is kept for later), as the windows allow."""
        self._owed = min(self._owed + count, WINDOW)
        sessions = [s for s in self.live_sessions() if s.room(now) > 0]
        while self._owed >= 1 and sessions:
            self._turn += 1
            session = sessions[self._turn % len(sessions)]
            session.submit(self._next())
            self._owed -= 1
            if session.room(now) <= 0:
                sessions.remove(session)
                session.send_now()
        for session in sessions:
            session.send_now()

    def _next(self):
        submit = journal.Submit(len(self.seen.submits), self.spec.name, self.rng.choice(self.networks),
                                self.rng.random() < self.spec.registered)
        self.seen.submits.append(submit)
        return submit

    def on_receipt(self, sm):
        """A receipt whose text and TLVs disagree is one for nobody: the checker says so."""
        receipted, state = sm.tlv(wire.TLV_RECEIPTED_MESSAGE_ID), sm.tlv(wire.TLV_MESSAGE_STATE)
        found = RECEIPT_TEXT.match(sm.text)
        tag, message_id, value = None, 0, 0
        if found and receipted and state and STATES.get(found[2]) == state[0] and found[1] == receipted.rstrip(b"\0"):
            tag, message_id, value = journal.tag_of_number(sm.source), int(found[1]), state[0]
        final = sm.esm_class & (ESM_CLASS_RECEIPT | ESM_CLASS_INTERMEDIATE) == ESM_CLASS_RECEIPT
        self.seen.add_receipt(tag, journal.Receipt(self.spec.name, message_id, value, final))

    def receipt_answer(self):
        return wire.ROK if self.calm or self.rng.random() > 0.01 else TEMPORARY_NO


class Load:
    """All customers. Everything but the numbers: from the asyncio loop only."""

    def __init__(self, seen, port, seed):
        shared = numbering.Numbers("a client", seen)
        self.clients = [Client(spec, seen, port, random.Random(f"{seed}-{spec.name}"), shared) for spec in world.CLIENTS]
        self.rate = 0.0  # messages a second, of all clients
        self.only = None  # the name of one client that sends all of them
        self._tasks = []

    def start(self):
        for client in self.clients:
            self._tasks += [asyncio.ensure_future(client.keep_bound(i)) for i in range(len(MODES))]
        self._tasks.append(asyncio.ensure_future(self._run()))

    async def _run(self):
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            now = loop.time()
            for client in self.clients:
                share = client.spec.share if self.only is None else float(client.spec.name == self.only)
                client.send(self.rate * share * min(now - last, LATE_S), now)
            last = now

    def client(self, name):
        return next(c for c in self.clients if c.spec.name == name)

    def set_calm(self, calm):
        for client in self.clients:
            client.calm = calm

    def set_networks(self, prefixes):
        for client in self.clients:
            client.networks = list(prefixes)

    def outstanding(self):
        """Submits without an answer on binds that live."""
        return sum(len(s.outstanding) for c in self.clients for s in c.live_sessions())

    def give_up(self):
        """Before the hub is told to end: what has no answer now never gets one, and its connection lived."""
        for client in self.clients:
            for session in client.live_sessions():
                session.give_up()

    async def stop(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self.clients:
            client.go_away()
