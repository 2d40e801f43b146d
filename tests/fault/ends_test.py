"""The simulated ends notice what the hub must not send: each wrong PDU alone, no socket, no hub."""

import asyncio
import random
import sys
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True

import paths  # noqa: E402, F401
import books  # noqa: E402
import campaign  # noqa: E402
import load  # noqa: E402
import numbering  # noqa: E402
import rig  # noqa: E402
import seen as journal  # noqa: E402
import suppliers  # noqa: E402
import world  # noqa: E402
from support import wire  # noqa: E402

NOTED_S = 5


class Transport:
    """Keeps what is written; ends when it is told to."""

    def __init__(self):
        self.written = b""
        self.closing = False

    def write(self, octets):
        self.written += octets

    def is_closing(self):
        return self.closing

    def abort(self):
        self.closing = True


def last(transport):
    """The PDU written last."""
    return list(wire.FrameReader().feed(transport.written))[-1]


def answer(request, status=0, body=b"7\0", command_id=None):
    return wire.Pdu(command_id or request.command_id | wire.RESP, status, request.sequence, body).encode()


class Ends:
    """Two binds of ann, bound, and a link of alpha."""

    def __init__(self):
        self.seen = journal.Seen()
        numbers = numbering.Numbers("a client", self.seen)
        self.client = load.Client(world.client("ann"), self.seen, 0, random.Random(1), numbers)
        self.binds = [self._bind(wire.BIND_TRANSCEIVER), self._bind(wire.BIND_TRANSMITTER)]
        self.client.sessions = self.binds
        self.supplier = suppliers.Supplier(world.supplier("alpha"), 0, self.seen, 1)
        self.link = suppliers.Link(self.supplier)
        self.link.connection_made(Transport())

    def _bind(self, mode):
        session = load.Session(self.client, mode)
        session.connection_made(Transport())
        session.data_received(answer(last(session.transport)))
        return session

    def submit(self):
        """(the client's record, the PDU), sent on the first bind."""
        submit = self.client._next()
        self.binds[0].submit(submit)
        self.binds[0].send_now()
        return submit, last(self.binds[0].transport)

    def receipt(self):
        """A receipt that alpha has sent."""
        taken = journal.Taken(0, "alpha", b"491510000000000", "u", "u", 0, state=2)
        self.link.send_receipt(taken)
        self.link.flush()
        return taken, last(self.link.transport)


def with_ends(test):
    def run(self):
        async def inside():
            test(self, Ends())
        asyncio.run(inside())
    return run


class EndsTest(unittest.TestCase):
    def strange(self, ends, *words):
        self.assertEqual(len(words), len(ends.seen.strange), ends.seen.strange)
        for word, what in zip(words, ends.seen.strange):
            self.assertIn(word, what)

    @with_ends
    def test_one_answer_is_fine(self, ends):
        submit, pdu = ends.submit()
        ends.binds[0].data_received(answer(pdu))
        taken, pdu = ends.receipt()
        ends.supplier.receipts_waiting = 1
        ends.link.data_received(answer(pdu))
        self.strange(ends)
        self.assertEqual((0, 7, True), (submit.status, submit.message_id, taken.receipt_acknowledged))

    @with_ends
    def test_a_second_answer(self, ends):
        _, pdu = ends.submit()
        ends.binds[0].data_received(answer(pdu) + answer(pdu, status=8))
        self.strange(ends, "a second answer")

    @with_ends
    def test_an_answer_on_another_bind(self, ends):
        submit, pdu = ends.submit()
        ends.binds[1].data_received(answer(pdu))
        self.strange(ends, "another bind")
        self.assertIsNone(submit.status)

    @with_ends
    def test_an_answer_to_nothing(self, ends):
        ends.binds[0].data_received(wire.Pdu(wire.SUBMIT_SM | wire.RESP, 0, 999, b"7\0").encode())
        self.strange(ends, "an answer to nothing")

    @with_ends
    def test_a_generic_nack(self, ends):
        submit, pdu = ends.submit()
        ends.binds[0].data_received(answer(pdu, status=3, body=b"", command_id=wire.GENERIC_NACK))
        self.strange(ends, "the answer to 0x4")
        self.assertIsNone(submit.status)

    @with_ends
    def test_a_receipt_on_a_bind_that_only_sends(self, ends):
        ends.binds[1].data_received(wire.Pdu(wire.DELIVER_SM, 0, 1, wire.Sm().encode()).encode())
        self.strange(ends, "a request on a bind of mode 0x2")

    @with_ends
    def test_a_receipt_that_is_answered_twice(self, ends):
        _, pdu = ends.receipt()
        ends.link.data_received(answer(pdu) + answer(pdu))
        self.strange(ends, "a second answer")

    @with_ends
    def test_what_is_outstanding_when_the_connection_ends_is_cut(self, ends):
        submit, _ = ends.submit()
        ends.binds[0].connection_lost(None)
        self.assertTrue(submit.cut)

    @with_ends
    def test_what_is_outstanding_after_the_drain_is_unanswered_though_the_hub_ends_then(self, ends):
        submit, _ = ends.submit()
        whole = mock.MagicMock(seen=ends.seen, load=load.Load(ends.seen, 0, 1))
        whole.load.clients = [ends.client]
        whole.drain.return_value = 0
        whole.traffic.run = lambda what: what()
        whole.hub.stop = lambda seconds: ends.binds[0].connection_lost(None)
        with mock.patch.object(campaign.books, "read", lambda _postgres: books.Books()):
            whole.peak_mib.return_value = 100
            found = campaign._judge(whole, campaign.Result(None), mock.MagicMock())
        self.assertEqual([("unanswered", submit.tag)], [(v.rule, v.subject) for v in found])


class TrafficTest(unittest.TestCase):
    def noted(self, what):
        """What is noted when `what`, a coroutine function, runs on the loop of both ends."""
        errors = []
        traffic = rig.Traffic(errors)
        try:
            traffic.run(what)
            deadline = time.monotonic() + NOTED_S
            while not errors and time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            traffic.stop()
        return errors

    def test_a_frame_that_nobody_can_read_is_noted(self):
        async def feed():
            seen = journal.Seen()
            supplier = suppliers.Supplier(world.supplier("alpha"), 0, seen, 1)
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: suppliers.Link(supplier), "127.0.0.1", 0)
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"\0" * 16)
            await writer.drain()
            writer.close()
            server.close()
        self.assertIn("command_length 0", "".join(self.noted(feed)))

    def test_a_task_that_ends_by_an_exception_is_noted(self):
        async def spawn():
            async def breaks():
                raise KeyError("seven")
            asyncio.ensure_future(breaks())
        self.assertIn("seven", "".join(self.noted(spawn)))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
