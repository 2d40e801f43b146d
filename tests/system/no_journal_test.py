"""journal.durability = "none": messages and their receipts go through, credit limits hold, and nothing is written down."""

import signal

from support import case, children, hub, simulator

MESSAGES = 20_000
CENTS_PER_MESSAGE = "0.045"  # of 49151 in the demo's retail deck
AFFORDED = 100
ROWS = "select (select count(*) from traffic.message) + (select count(*) from traffic.attempt) + (select count(*) from traffic.reject)" \
    " + (select count(*) from traffic.outcome)"


class NoJournal(case.SystemCase):
    settings = {"journal": {"durability": "none"}}

    @classmethod
    def start_suppliers(cls):
        quick = {"receipt_delay_ms": 20}
        cls.simulator = simulator.Simulator(cls.folder, alpha=quick, beta=quick)
        cls.addClassCleanup(cls.simulator.child.stop)
        return cls.simulator.ports

    @classmethod
    def prepare(cls):
        text = hub.demo_catalog(cls.simulator.ports)
        cls.hub.apply(text.replace('ref = "demo-opening-penny", amount = "0.01"', 'ref = "penny-more", amount = "4.49"'))

    @classmethod
    def wait_suppliers(cls):
        children.wait_until(lambda: cls.counters()["binds_smsc"] == 3, 20, "suppliers are bound")

    def load(self, account, count, **options):
        code, run = simulator.esmeload(self.hub.port, account, count, dest_prefix=49151, **options)
        self.assertEqual(0, code, run)
        return run

    def test_1_all_is_answered_and_told_and_no_row_is_written(self):
        run = self.load(case.DEMO_CLIENT, MESSAGES, sessions=4, window=500, registered_delivery=1, wait_receipts=60)
        self.assertEqual({"ESME_ROK": MESSAGES}, run["statuses"])
        self.assertEqual("0", self.postgres.value(ROWS))
        segments = [each.name for each in (self.folder / "journal").iterdir() if "segment" in each.name or each.suffix == ".journal"]
        self.assertEqual(1, len(segments), f"nothing is made ready for what nobody writes: {segments}")

    def test_2_who_cannot_pay_is_refused_at_the_same_message(self):
        run = self.load(case.POOR_CLIENT, 3 * AFFORDED, sessions=1, window=1)
        self.assertEqual({"ESME_ROK": AFFORDED, "ESME_RSUBMITFAIL": 2 * AFFORDED}, run["statuses"])

    def test_3_a_kill_and_an_end_leave_nothing_leased_and_nothing_charged(self):
        before = self.postgres.value("select sum(amount) from money.ledger_entry")
        self.load(case.DEMO_CLIENT, 1_000)
        self.hub.stop(how=signal.SIGKILL)
        self.hub.start()
        self.wait_suppliers()
        self.load(case.DEMO_CLIENT, 1_000)
        self.assertEqual(0, self.hub.stop())
        self.assertEqual("0", self.postgres.value(ROWS))
        self.assertEqual("0.000000000", self.postgres.value("select sum(leased) from money.account"))
        self.assertEqual(before, self.postgres.value("select sum(amount) from money.ledger_entry"))
        self.assert_books_balance()

    def test_4_a_client_whose_messages_would_be_ours_is_refused_at_the_start(self):
        text = hub.demo_catalog(self.simulator.ports).replace('system_id = "demo"\n', 'system_id = "demo"\nanswer = "accepted"\n', 1)
        self.hub.apply(text)
        refused = self.hub.launch()
        self.assertEqual(1, refused.wait(30))
        self.assertIn("client demo has answer = accepted, and journal.durability is none", refused.output())


if __name__ == "__main__":
    case.main()
