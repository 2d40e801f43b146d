"""A supplier's rate on the wire: the kernel's own times of what reaches it, in a capture, over all its binds and loops."""

import socket
import threading
import time

from support import capture, case, children, smsc, wire

ROUTED = b"4915112345678"  # alpha first
RATE, LINKS = 40, 4


class SmallSmsc(smsc.Smsc):
    """Its kernel holds a few messages of a link that is not read."""

    def listen(self):
        super().listen()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # for those that connect from now on


class RateOnTheWire(case.SystemCase):
    # The hub's times are those of its turns, the capture's those of packets: a turn may be stopped for half a second between the
    # two, on a machine as busy as it may be. It costs a third of the rate; what was on its way when a link stopped, two submits of each at
    # most, has room in that third.
    settings = {"supplier": {"rate_margin_ms": 500}}

    @classmethod
    def start_suppliers(cls):
        cls.alpha, cls.beta = SmallSmsc(), smsc.Smsc()
        for supplier in (cls.alpha, cls.beta):
            cls.addClassCleanup(supplier.close)
        return {"alpha": cls.alpha.port, "beta": cls.beta.port}

    @classmethod
    def prepare(cls):
        cls.postgres.query(f"update crm.supplier set rate_per_second = {RATE} where name = 'alpha' returning 1")
        cls.postgres.query(f"update crm.supplier_bind b set sessions = {LINKS} from crm.supplier s "
                           "where s.supplier_id = b.supplier_id and s.name = 'alpha' returning 1")

    def setUp(self):
        self.wait_suppliers(alpha=LINKS)
        self.alpha.received.clear()
        folder = self.folder / self.id()  # of its own: a file that is there already looks like a capture that has begun
        folder.mkdir()
        self.capture = capture.Capture(folder, [self.alpha.port])
        self.addCleanup(self.capture.child.stop)

    def arrivals(self):
        """When the last octet of each submit_sm went to alpha; what was sent twice counts once."""
        count = len(self.alpha.received)
        self.capture.wait_for(self.alpha.port, "tcp.dstport", wire.SUBMIT_SM, count)
        self.capture.stop()
        first = {}
        rows = self.capture.decode(f"smpp && tcp.dstport == {self.alpha.port}", "frame.time_epoch", "tcp.stream",
                                   "smpp.command_id", "smpp.sequence_number")
        for at, stream, commands, sequences in rows:
            for command, sequence in zip(commands.split(","), sequences.split(",")):
                if int(command, 16) == wire.SUBMIT_SM:
                    first.setdefault((stream, sequence), float(at))
        self.assertEqual(count, len(first))
        self.assertEqual(LINKS, len({stream for stream, _ in first}))
        return sorted(first.values())

    def most_in_a_second(self, times):
        return max(sum(1 for t in times if at <= t <= at + 1) for at in times)

    def offer(self, client, count):
        body = wire.Sm(dest=ROUTED, text=b"x", tlvs=((0x1499, b"v" * 600),)).encode()  # three fill a kernel
        return [client.send(wire.SUBMIT_SM, body) for _ in range(count)]

    def wait_answers(self, client, sequences):
        for sequence in sequences:
            client.wait(lambda p: p.sequence == sequence, what=f"the answer to {sequence}")

    def test_bursts_over_several_links_are_spread(self):
        clients = [self.client() for _ in range(3)]
        for count in (20, 10):
            sequences = [(client, self.offer(client, count)) for client in clients]
            for client, sent in sequences:
                self.wait_answers(client, sent)
        times = self.arrivals()
        self.assertLessEqual(self.most_in_a_second(times), RATE)

    def test_who_stood_still_and_reads_again_sees_no_burst(self):
        reads = threading.Event()
        self.addCleanup(setattr, self.alpha, "answer", self.alpha.answer)
        self.addCleanup(reads.set)

        def answer(link, pdu):
            reads.wait(children.PATIENCE_S)  # nobody reads this link meanwhile
            return self.alpha.accept(link, pdu)

        self.alpha.answer = answer
        client = self.client()
        sequences = self.offer(client, 150)
        time.sleep(3)  # it stands still so long: without the limit some 80 submits are on their way behind this
        reads.set()
        self.wait_answers(client, sequences)  # what waited too long took the next route
        times = self.arrivals()
        self.assertLessEqual(self.most_in_a_second(times), RATE)


if __name__ == "__main__":
    case.main()
