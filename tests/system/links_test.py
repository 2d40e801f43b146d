"""Links come and go: nobody's message is left without an answer, and both ends are told when a link is closed on purpose."""

import signal
import threading

from support import case, children, wire

ROUTED = b"4915112345678"  # alpha first, beta second
HELD = 10


class Links(case.SystemCase):
    def setUp(self):
        for supplier in (self.alpha, self.beta):
            supplier.received.clear()
            supplier.answer = supplier.accept
        self.wait_suppliers(alpha=2)  # the demo's catalog gives it two sessions

    def submit_many(self, client, count, dest=ROUTED):
        body = wire.Sm(dest=dest, text=b"x").encode()
        return [client.send(wire.SUBMIT_SM, body) for _ in range(count)]

    def answers(self, client, sequences):
        return [client.wait(lambda p, s=s: p.sequence == s, what=f"the answer to {s}") for s in sequences]

    def test_messages_are_spread_over_the_binds_of_a_supplier(self):
        client = self.client()
        self.assertEqual({wire.ROK}, {a.status for a in self.answers(client, self.submit_many(client, 200))})
        used = {id(link) for link, _ in self.alpha.received}
        self.assertEqual(2, len(used))

    def test_a_supplier_that_hangs_up_mid_window_leaves_no_message_unanswered(self):
        self.alpha.answer = lambda _link, _pdu: []  # takes them and says nothing
        client = self.client()
        sequences = self.submit_many(client, HELD)
        self.alpha.wait_received(HELD)
        for link in list(self.alpha.links):
            link.drop()
        answers = self.answers(client, sequences)
        taken = [a for a in answers if a.status == wire.ROK]
        # What had gone to the sister link before that was dropped too is not sent a third time; what had not may take
        # an attempt there that sent nothing.
        self.assertEqual(HELD - len(taken), sum(a.status == wire.RSYSERR for a in answers))
        self.assertEqual(len(taken), len(self.beta.received), "beta took what alpha dropped")
        if taken:
            ids = ",".join(a.message_id for a in taken)
            self.settled(f"select count(*) from traffic.attempt where message_id in ({ids}) and attempt_no = 1 "
                         "and result = 'link_lost'", len(taken))
            self.settled(f"select count(*) from traffic.message where message_id in ({ids}) and attempts in (2, 3)", len(taken))
        self.assert_books_balance()

    def test_one_of_two_binds_lost_is_no_loss_and_it_comes_back(self):
        client, before = self.client(), self.losses()
        self.alpha.links[0].drop()
        children.wait_until(lambda: self.losses() > before, 10, "the hub notices")
        self.assertEqual({wire.ROK}, {a.status for a in self.answers(client, self.submit_many(client, 50))})
        self.assertEqual([], self.beta.received)
        self.wait_suppliers(alpha=2)

    def losses(self):
        return self.hub.child.output().count("ev=supplier.lost")

    def test_a_supplier_away_is_not_asked_and_asked_again_when_it_is_back(self):
        before = self.losses()
        self.alpha.close()
        children.wait_until(lambda: self.losses() >= before + 2, 10, "the hub notices")
        client = self.client()
        self.assertEqual(wire.ROK, client.submit(dest=ROUTED, text=b"x").status)
        self.assertEqual(1, len(self.beta.received))
        self.alpha.listen()
        self.wait_suppliers(alpha=2)
        self.assertEqual(wire.ROK, client.submit(dest=ROUTED, text=b"x").status)
        self.assertEqual(1, len(self.alpha.received))

    def test_a_client_that_unbinds_gets_its_answers_first(self):
        def late(link, pdu):
            timer = threading.Timer(0.3, link.send, self.alpha.accept(link, pdu))
            timer.start()
            self.addCleanup(timer.join)
            return []
        self.alpha.answer = late
        client = self.client()
        sequence = self.submit_many(client, 1)[0]
        unbind = client.send(wire.UNBIND)
        first = client.wait(lambda p: p.sequence in (sequence, unbind))
        self.assertEqual((sequence, wire.ROK), (first.sequence, first.status))
        self.assertEqual(wire.ROK, client.wait(lambda p: p.sequence == unbind).status)
        self.assertTrue(client.wait_closed())

    def test_a_client_that_vanishes_mid_window_is_charged_for_what_the_supplier_took(self):
        held = []
        self.alpha.answer = lambda link, pdu: held.append((link, pdu)) or []
        client = self.client()
        self.submit_many(client, HELD, dest=b"4915112340000")
        self.alpha.wait_received(HELD)
        client.close()
        self.alpha.answer = self.alpha.accept
        for link, pdu in held:
            link.send(*self.alpha.accept(link, pdu))
        self.assertEqual(wire.ROK, self.client().submit(dest=ROUTED, text=b"still here").status)
        self.settled("select count(*) from traffic.message where destination_addr = '4915112340000'", HELD)
        self.assert_books_balance()


class Drain(case.SystemCase):
    def test_a_hub_that_stops_unbinds_both_ways_and_ends_with_zero(self):
        client = self.client()
        self.assertEqual(wire.ROK, client.submit(dest=ROUTED, text=b"x").status)
        self.hub.child.process.send_signal(signal.SIGTERM)
        unbind = client.wait(lambda p: p.command_id == wire.UNBIND, what="unbind of the hub")
        client.send(wire.UNBIND | wire.RESP, sequence=unbind.sequence)
        self.assertTrue(client.wait_closed())
        self.assertEqual(0, self.hub.child.wait(children.PATIENCE_S))
        self.assertGreaterEqual(len(self.alpha.unbinds), 1)
        self.assertGreaterEqual(len(self.beta.unbinds), 1)
        # Everything was settled and every lease given back before it ended.
        self.assertEqual("1", self.postgres.value("select count(*) from traffic.message"))
        self.assertEqual("0.000000000", self.postgres.value("select sum(leased) from money.account"))
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
