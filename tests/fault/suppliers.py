"""The suppliers' end: SMSCs that accept, refuse, throttle, answer late or not at all, by a plan; and remember every submit.

What a supplier answers ESME_ROK to, it has taken: it sends the final receipt if one was asked for, and sends it again until
the hub acknowledges it, as long as it takes. A submit that it swallows it has taken as well, it only never says so.
"""

import asyncio
import collections
import dataclasses
import random

import numbering
import seen as journal
from support import wire

TICK_S = 0.01
RECEIPT_WINDOW = 200     # receipts of one link without an answer
RECEIPT_AGAIN_S = 0.3    # after the hub did not take it
HARD_SHARE = 60          # one tag in so many is refused by everybody at first
HARD_REFUSALS = 4
BINDS = (wire.BIND_RECEIVER, wire.BIND_TRANSMITTER, wire.BIND_TRANSCEIVER)
STATS = {2: "DELIVRD", 3: "EXPIRED", 5: "UNDELIV", 8: "REJECTD"}
PERMANENT = wire.RINVDSTADR


@dataclasses.dataclass(frozen=True)
class Plan:
    """Shares of submits; what is left is accepted at once."""
    refuse: float = 0.03      # ESME_RSYSERR: the hub asks the next supplier
    throttle: float = 0.0005  # ESME_RTHROTTLED: its bind pauses for a second, so seldom
    permanent: float = 0.01   # ESME_RINVDSTADR: nobody else is asked
    late: float = 0.02        # accepted, answered after up to late_s
    swallow: float = 0.002    # accepted, never answered
    early: float = 0.02       # the receipt comes before the answer
    late_s: float = 0.3
    receipt_s: tuple = (0.02, 0.4)
    hard: bool = True         # some messages are refused by all at first: store and forward tries them again


BUSY = Plan()
CALM = Plan(refuse=0, throttle=0, permanent=0, late=0, swallow=0, hard=False, receipt_s=(0.01, 0.05))


def ids_of(form, number):
    """(as the answer spells it, as the receipt spells it)."""
    if form == "hex_to_dec":
        return f"{number:x}", str(number)
    if form == "auto":
        return f"{number:012d}", str(number)
    return f"m-{number:x}", f"m-{number:x}"


class Link(asyncio.Protocol):
    """One bind of the hub."""

    def __init__(self, supplier):
        self.supplier = supplier
        self.transport = None
        self.bound = None
        self.late = False     # was deaf once: what it reads since then may have waited for long
        self.unanswered = {}  # sequence number -> Taken whose receipt is on its way
        self._reader = wire.FrameReader()
        self._out = []

    def connection_made(self, transport):
        self.transport = transport
        self.supplier.links.add(self)

    def connection_lost(self, _why):
        self.supplier.links.discard(self)
        for taken in self.unanswered.values():
            self.supplier.again(taken)
        self.supplier.numbers.forget(self.unanswered)
        self.unanswered.clear()

    def data_received(self, octets):
        for pdu in self._reader.feed(octets):
            self._take(pdu)
        self.flush()

    def alive(self):
        return self in self.supplier.links and not self.transport.is_closing()

    def flush(self):
        if self._out and self.alive():
            self.transport.write(b"".join(self._out))
        self._out.clear()

    def _take(self, pdu):
        if pdu.command_id == wire.SUBMIT_SM:
            self.supplier.on_submit(self, pdu)
        elif pdu.command_id & wire.RESP:
            if self.supplier.numbers.answers(self, pdu):
                self.supplier.on_receipt_answer(self.unanswered.pop(pdu.sequence), pdu.status)
        elif pdu.command_id in BINDS:
            self.answer(pdu, wire.ROK, wire.cstring("fault-smsc"))
            self.bound = pdu.command_id
        elif pdu.command_id in (wire.ENQUIRE_LINK, wire.UNBIND):
            self.answer(pdu, wire.ROK)
        else:
            self.supplier.numbers.note(f"a request that no supplier knows: {pdu.command_id:#x}")

    def answer(self, pdu, status, body=b""):
        self._out.append(wire.Pdu(pdu.command_id | wire.RESP, status, pdu.sequence, body).encode())

    def takes_receipts(self):
        return self.bound in (wire.BIND_RECEIVER, wire.BIND_TRANSCEIVER) and len(self.unanswered) < RECEIPT_WINDOW

    def send_receipt(self, taken):
        number = self.supplier.numbers.ask(self, wire.DELIVER_SM)
        self.unanswered[number] = taken
        taken.receipts_sent += 1
        sm = wire.Sm(source=taken.number, dest=b"TEST", esm_class=0x04,
                     text=wire.receipt_text(taken.receipt_id, STATS[taken.state]),
                     tlvs=((wire.TLV_RECEIPTED_MESSAGE_ID, wire.cstring(taken.receipt_id)),
                           (wire.TLV_MESSAGE_STATE, bytes([taken.state]))))
        self._out.append(wire.Pdu(wire.DELIVER_SM, 0, number, sm.encode()).encode())


class Supplier:
    def __init__(self, spec, port, seen, seed):
        self.spec, self.port, self.seen = spec, port, seen
        self.plan = BUSY
        self.links = set()
        self.numbers = numbering.Numbers(f"supplier {spec.name}", seen)
        self.receipts_waiting = 0     # that the hub has not acknowledged
        self._due = collections.deque()  # Taken whose receipt is to be sent
        self._rng = random.Random(f"{seed}-{spec.name}")
        self._next_id = 700_000_000_000 + self._rng.randrange(10**9)
        self._server = self._task = self._loop = None

    # -- life; all from the asyncio loop

    async def start(self):
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self._send_due())
        await self.listen()

    async def listen(self):
        self._server = await self._loop.create_server(lambda: Link(self), "127.0.0.1", self.port)

    async def refuse_connections(self):
        """Down: nobody listens, and every link is cut."""
        self._server.close()
        self.reset()
        await self._server.wait_closed()

    def reset(self):
        """Every link ends at once, mid-window, with whatever was on its way."""
        for link in list(self.links):
            link.transport.abort()

    def set_deaf(self, deaf):
        """A black hole: connections stay open and nothing is read any more."""
        for link in list(self.links):
            if deaf:
                link.late = True
                link.transport.pause_reading()
            else:
                link.transport.resume_reading()

    async def recover(self):
        """Back to a supplier that listens and reads, whatever it was."""
        self.set_deaf(False)
        if not self._server.is_serving():
            await self.listen()

    async def stop(self):
        if self._task is not None:
            self._task.cancel()
            await self.refuse_connections()

    # -- submits

    def on_submit(self, link, pdu):
        sm = wire.Sm.decode(pdu.body)
        tag = journal.tag_of_text(sm.text)
        taken = journal.Taken(tag, self.spec.name, sm.dest, mangled=tag is None or tag != journal.tag_of_number(sm.dest),
                              registered=sm.registered, late=link.late)
        self.seen.add_taken(taken)
        if status := self._refusal(tag):
            taken.status = status
            link.answer(pdu, status, b"\0")
            return
        self._next_id += 1
        taken.upstream_id, taken.receipt_id = ids_of(self.spec.id_form, self._next_id)
        if sm.registered:
            taken.state = self._rng.choices((2, 5, 3, 8), (85, 10, 3, 2))[0]
            self.receipts_waiting += 1
        self._accept(link, pdu, taken)

    def _refusal(self, tag):
        if self.plan.hard and tag is not None and tag % HARD_SHARE == 0 and len(self.seen.taken[tag]) <= HARD_REFUSALS:
            return wire.RSYSERR
        dice, plan = self._rng.random(), self.plan
        for share, status in ((plan.refuse, wire.RSYSERR), (plan.throttle, wire.RTHROTTLED), (plan.permanent, PERMANENT)):
            if dice < share:
                return status
            dice -= share
        return 0

    def _accept(self, link, pdu, taken):
        dice = self._rng.random()
        early = taken.state and link.takes_receipts() and self._rng.random() < self.plan.early
        if early:
            link.send_receipt(taken)
        elif taken.state:
            self._loop.call_later(self._rng.uniform(*self.plan.receipt_s), self.again, taken)
        if dice < self.plan.swallow:
            return
        taken.status = wire.ROK
        if dice < self.plan.swallow + self.plan.late:
            self._loop.call_later(self._rng.uniform(0, self.plan.late_s), self._answer_late, link, pdu, taken)
        else:
            link.answer(pdu, wire.ROK, wire.cstring(taken.upstream_id))

    @staticmethod
    def _answer_late(link, pdu, taken):
        link.answer(pdu, wire.ROK, wire.cstring(taken.upstream_id))
        link.flush()

    # -- receipts

    def again(self, taken):
        self._due.append(taken)

    def on_receipt_answer(self, taken, status):
        if status != wire.ROK:
            self._loop.call_later(RECEIPT_AGAIN_S, self.again, taken)
        elif not taken.receipt_acknowledged:
            taken.receipt_acknowledged = True
            self.receipts_waiting -= 1

    async def _send_due(self):
        while True:
            await asyncio.sleep(TICK_S)
            for link in list(self.links):
                while self._due and link.takes_receipts():
                    link.send_receipt(self._due.popleft())
                link.flush()
