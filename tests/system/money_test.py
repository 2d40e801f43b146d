"""100,000 messages at full speed, with errors, fail-overs and lost links: every one is answered, and the books agree exactly."""

import decimal

from support import case, children, simulator

MESSAGES = 100_000
PRICE = decimal.Decimal("0.045")  # of 49151 in the demo's retail deck
# Temporary errors fail over, 0x61 (ESME_RINVSCHED) is the client's answer, and now and then a link breaks mid-window.
ALPHA = {"error": "0x08:5%,0x64:2%,0x61:1%", "disconnect_every": 30_000, "receipt_delay_ms": 20,
         "receipt_state": "DELIVRD:90,UNDELIV:10"}
BETA = {"error": "0x08:2%,0x45:1%", "receipt_delay_ms": 20}

BOOKS = """
select a.balance, a.leased,
       (select sum(amount) from money.ledger_entry e where e.account_id = a.account_id) as ledger,
       (select coalesce(sum(amount), 0) from money.ledger_entry e
         where e.account_id = a.account_id and kind = 'usage') as usage,
       (select coalesce(sum(amount), 0) from traffic.message m where m.account_id = a.account_id) as prices
from money.account a join crm.client c using (account_id) where c.system_id = 'demo'
"""


class Money(case.SystemCase):
    @classmethod
    def start_suppliers(cls):
        cls.simulator = simulator.Simulator(cls.folder, alpha=ALPHA, beta=BETA)
        cls.addClassCleanup(cls.simulator.child.stop)
        return cls.simulator.ports

    @classmethod
    def wait_suppliers(cls):
        children.wait_until(lambda: cls.counters()["binds_smsc"] == 3, 20, "suppliers are bound")

    def books(self):
        names = ("balance", "leased", "ledger", "usage", "prices")
        return dict(zip(names, map(decimal.Decimal, self.postgres.query(BOOKS)[0])))

    def test_ledger_balance_and_prices_agree_to_the_last_digit(self):
        before = self.books()
        code, run = simulator.esmeload(self.hub.port, case.DEMO_CLIENT, MESSAGES, sessions=4, window=500,
                                       registered_delivery=1, dest_prefix=49151)
        self.assertEqual(0, code, run)
        self.assertEqual((MESSAGES, MESSAGES, 0), (run["sent"], run["answered"], run["lost"]), run)
        self.assertEqual((0, 0), (run["missing_ids"], run["repeated_ids"]), run)
        accepted = run["statuses"]["ESME_ROK"]
        self.settled("select count(*) from traffic.message", accepted, seconds=60)
        self.settled("select count(*) from traffic.reject", MESSAGES - accepted, seconds=60)
        self.check_books(before, self.books(), accepted)
        self.check_faults_happened(run)
        self.check_after_the_end(accepted)

    def check_books(self, before, after, accepted):
        self.assertEqual(accepted * PRICE, after["prices"])
        self.assertEqual(-after["prices"], after["usage"])
        self.assertEqual(after["prices"], before["balance"] - after["balance"])
        self.assertEqual(after["ledger"], after["balance"])
        self.assert_books_balance()

    def check_faults_happened(self, run):
        """Otherwise the sums would prove little."""
        self.assertGreater(run["statuses"].get("ESME_RINVSCHED", 0), 100, run)
        counts = dict(self.postgres.query("select result, count(*) from traffic.attempt group by 1"))
        self.assertGreater(int(counts["refused"]), MESSAGES * 0.05)
        self.assertGreater(int(counts.get("link_lost", 0)), 0, counts)
        self.assertGreater(int(self.postgres.value("select count(*) from traffic.message where attempts > 1")), 1000)

    def check_after_the_end(self, accepted):
        """The hub gives its leases back, and every message has its attempts."""
        self.assertEqual(0, self.hub.stop())
        self.assertEqual(0, self.books()["leased"])
        self.assertEqual("0", self.postgres.value(
            "select count(*) from traffic.message m where m.attempts <> (select count(*) from traffic.attempt a where "
            "a.accept_day = m.accept_day and a.message_id = m.message_id)"))
        self.assertEqual(str(accepted), self.postgres.value(
            "select count(*) from traffic.message join traffic.attempt using (accept_day, message_id, supplier_id) "
            "where result = 'accepted'"))
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
