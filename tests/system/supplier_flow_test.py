"""What a supplier sees of the hub's flow: its rate in any second, pauses after a throttle, a drain and its end."""

import threading
import time

from support import case, children, wire

ROUTED = b"4915112345678"  # alpha first, beta second
RATE = 40


class SupplierFlow(case.SystemCase):
    def setUp(self):
        for supplier in (self.alpha, self.beta):
            supplier.received.clear()
            supplier.answer = supplier.accept
        self.wait_suppliers(alpha=2)
        self.times = []
        self.lock = threading.Lock()

    def submit_many(self, client, count):
        body = wire.Sm(dest=ROUTED, text=b"x").encode()
        sequences = [client.send(wire.SUBMIT_SM, body) for _ in range(count)]
        return [client.wait(lambda p, s=s: p.sequence == s, what=f"the answer to {s}").status for s in sequences]

    def noting_times(self, answer):
        def noted(link, pdu):
            with self.lock:
                self.times.append(time.monotonic())
            return answer(link, pdu)
        return noted

    def set_rate(self, rate):
        self.postgres.query(f"update crm.supplier set rate_per_second = {rate} where name = 'alpha' returning 1")
        self.hub.live("reload")

    def explained(self):
        return self.hub.live("explain", "--client", case.DEMO_CLIENT[0], "--src", "TEST", "--dst", ROUTED.decode(), "--text", "x").stdout

    def test_a_rate_holds_in_any_second_over_all_binds_and_loops(self):
        self.set_rate(RATE)
        self.addCleanup(self.set_rate, 0)
        client, count = self.client(), 3 * RATE
        began = time.monotonic()
        self.assertEqual({wire.ROK}, set(self.submit_many(client, count)))
        # submit_pacer_test counts what a second has. Here: what is beyond the first second's takes its time, however slow the
        # machine; with a rate for each loop or bind it would take half of it or less.
        self.assertGreaterEqual(time.monotonic() - began, count / RATE - 1)
        self.assertEqual([], self.beta.received)
        self.assertEqual(2, len({id(link) for link, _ in self.alpha.received}))

    def test_a_throttle_pauses_and_nothing_is_lost_or_sent_twice(self):
        def answer(link, pdu):
            if not self.beta.received:
                return [self.alpha.response(pdu, wire.RTHROTTLED)]
            return self.alpha.accept(link, pdu)
        self.alpha.answer = self.noting_times(answer)
        client = self.client()
        first = client.send(wire.SUBMIT_SM, wire.Sm(dest=ROUTED, text=b"first").encode())
        children.wait_until(lambda: self.counters()["binds_paused"] == 2, 10, "both binds pause")
        self.assertEqual({wire.ROK}, set(self.submit_many(client, 19)))
        self.assertGreater(len(self.beta.received), 0, "new ones take the next route meanwhile")
        self.assertEqual(wire.ROK, client.wait(lambda p: p.sequence == first).status)
        pause = max(b - a for a, b in zip(self.times, self.times[1:]))
        self.assertGreaterEqual(pause, 0.9)
        self.assertIn("supplier_throttled", self.hub.live("status").stdout)
        self.settled("select count(*) from traffic.attempt a join crm.supplier s using (supplier_id) "
                     "where a.command_status = 88 and s.name = 'alpha' and a.result = 'refused'",
                     len(self.times) - (20 - len(self.beta.received)))
        self.assert_books_balance()

    def test_a_drained_supplier_gets_nothing_new_and_comes_back(self):
        client = self.client()
        held = []
        self.alpha.answer = lambda link, pdu: held.append((link, pdu)) or []
        body = wire.Sm(dest=ROUTED, text=b"x").encode()
        sequence = client.send(wire.SUBMIT_SM, body)
        children.wait_until(lambda: held, 5, "alpha has it")
        self.hub.ctl("drain", "supplier", "alpha", "--config", self.hub.config)
        self.assertEqual({wire.ROK}, set(self.submit_many(client, 10)))
        self.assertEqual((10, 1), (len(self.beta.received), len(held)))
        self.assertIn("draining", self.hub.live("binds").stdout)
        self.assertRegex(self.explained(), r"alpha .*dropped, draining: ")
        self.assertIn('command=reload target="drain supplier alpha"', self.hub.child.output())
        self.assertIn(held[0][0], self.alpha.links, "it stays until its answer is there")
        held[0][0].send(self.alpha.response(held[0][1], wire.ROK, "late"))
        self.assertEqual(wire.ROK, client.wait(lambda p: p.sequence == sequence).status)
        children.wait_until(lambda: not self.alpha.links, 10, "alpha's links left")
        self.assertRegex(self.hub.live("binds").stdout, r"s-alpha-.* drained ")
        self.hub.ctl("resume", "supplier", "alpha", "--config", self.hub.config)
        self.alpha.answer = self.alpha.accept
        self.wait_suppliers(alpha=2)
        self.assertEqual({wire.ROK}, set(self.submit_many(client, 1)))
        self.assertEqual(10, len(self.beta.received))
        self.assertEqual(3, self.hub.ctl("drain", "supplier", "nobody", "--config", self.hub.config, check=False).returncode)

    def test_a_bind_that_no_request_can_carry_costs_itself_only(self):
        def password(text):
            self.postgres.query("update crm.supplier_bind b set password = " + text +
                                " from crm.supplier s where s.supplier_id = b.supplier_id and s.name = 'beta' returning 1")
            self.hub.live("reload")

        # A row of before there was the CHECK.
        self.postgres.query("alter table crm.supplier_bind drop constraint supplier_bind_password_octets")
        self.addCleanup(password, "'upstream'")
        password("repeat('p', 65)")
        children.wait_until(lambda: "ev=supplier.bind_unwritable" in self.hub.child.output(), 10, "the hub says so")
        self.assertIn('why="password has 65 octets, 64 are the most"', self.hub.child.output())
        children.wait_until(lambda: not self.beta.bound_links(), 20, "beta's old binds left")
        self.assertEqual({wire.ROK}, set(self.submit_many(self.client(), 3)), "alpha goes on")
        password("repeat('p', 64)")
        self.beta.wait_bound()


if __name__ == "__main__":
    case.main()
