"""A submit_sm_resp that comes when the hub has given up waiting for it: what PostgreSQL says of its attempt, what becomes of a
message that was held for it, and its receipt."""

import threading

from support import case, children, simulator, wire

RSYSERR = 0x08
ROUTED = b"4915112345678"  # alpha first
TIMEOUT_MS = 500
MANY = 50

ATTEMPTS = """select string_agg(concat_ws(' ', attempt_no, result, cost_state, upstream_id, late_at > ended_at), ', '
                                order by message_id, attempt_no) from traffic.attempt"""


def told_id(receipt):
    return receipt.sm().tlv(wire.TLV_RECEIPTED_MESSAGE_ID).rstrip(b"\0").decode()


class LateCase(case.SystemCase):
    answer = "accepted"

    @classmethod
    def prepare(cls):
        cls.postgres.query(f"update crm.client set answer = '{cls.answer}' where system_id = 'demo' returning 1")
        cls.postgres.query(f"update crm.supplier set response_timeout_ms = {TIMEOUT_MS} returning 1")
        cls.postgres.query("update crm.supplier_bind set sessions = 1 returning 1")

    def wait_counter(self, name, wanted, seconds=20):
        children.wait_until(lambda: self.counters()[name] >= wanted, seconds, f"{wanted} {name}")


class Silent(LateCase):
    """Alpha keeps what it gets until the test lets it answer."""

    def setUp(self):
        self.kept, self.lock = [], threading.Lock()
        self.alpha.answer = self.keep
        self.alpha.wait_bound()

    def keep(self, link, pdu):
        with self.lock:
            self.kept.append((link, pdu))
        return []

    def timed_out(self, client, before):
        """What alpha got of the submit that went out last, when the hub has given it up."""
        children.wait_until(lambda: self.kept, 10, "alpha has it")
        self.wait_counter("submit_timeouts", before + 1)
        return self.kept.pop()

    def answer_late(self, kept, status, message_id=None):
        before = self.counters()["late_answers"]
        kept[0].send(self.alpha.response(kept[1], status, message_id))
        self.wait_counter("late_answers", before + 1)


class Held(Silent):
    def submit(self, client, text):
        before = self.counters()["submit_timeouts"]
        answer = client.submit(dest=ROUTED, text=text, registered=1)
        self.assertEqual(wire.ROK, answer.status)
        kept = self.timed_out(client, before)
        return answer.message_id, kept

    def attempts_of(self, message_id):
        return ATTEMPTS + f" where message_id = {message_id}"

    def test_what_is_held_is_taken_after_all_and_told_once(self):
        client = self.client()
        message_id, kept = self.submit(client, b"late")
        self.settled("select next_at = 'infinity' from traffic.queue", "t")
        self.answer_late(kept, wire.ROK, "late-1")
        self.settled(self.attempts_of(message_id), "1 accepted certain late-1 t")
        self.settled("select count(*) from traffic.queue", 0)
        self.alpha.wait_response(self.alpha.deliver_receipt("late-1", ROUTED, b"TEST"))
        receipt = client.take_delivery()
        self.assertEqual(message_id, told_id(receipt))
        self.settled("select state || ' ' || charge_state || ' ' || cost_state from bill.v_cdr "
                     f"where message_id = {message_id}", "DELIVRD charged certain")
        self.settled("select count(*) from traffic.stray_receipt", 0)
        self.assertFalse(self.kept, "it was sent once")
        self.assert_books_balance()

    def test_what_is_refused_late_is_sent_again(self):
        client = self.client()
        message_id, kept = self.submit(client, b"again")
        self.alpha.answer = self.alpha.accept
        self.answer_late(kept, RSYSERR)
        self.settled(self.attempts_of(message_id).replace("upstream_id, ", ""),
                     "1 refused none t, 2 accepted certain", seconds=30)
        self.settled("select count(*) from traffic.queue", 0)
        self.settled(f"select count(*) from traffic.attempt where message_id = {message_id} "
                     "and possible_duplicate", 0)
        self.assert_books_balance()


class HeldInPostgreSqlAlone(Held):
    settings = {"relay": {"kept_held_max": 0}}
    test_what_is_refused_late_is_sent_again = None  # it stays held: whether others may have it is not in memory


class Waiting(Silent):
    answer = "upstream"

    def test_a_client_that_waited_keeps_its_answer_and_the_row_knows_better(self):
        client = self.client()
        before = self.counters()["submit_timeouts"]
        sequence = client.send(wire.SUBMIT_SM, wire.Sm(dest=ROUTED, text=b"x", registered=1).encode())
        kept = self.timed_out(client, before)
        self.assertEqual(RSYSERR, client.wait(lambda p: p.sequence == sequence).status)
        self.answer_late(kept, wire.ROK, "late-2")
        self.settled(ATTEMPTS, "1 accepted certain late-2 t")
        self.settled("select reason from traffic.reject", "supplier_timeout")
        self.settled("select count(*) from traffic.message", 0)
        self.assert_books_balance()


class Slow(LateCase):
    """smscsim answers each message, but long after response_timeout_ms."""

    @classmethod
    def start_suppliers(cls):
        slow = {"response_delay_ms": 6 * TIMEOUT_MS, "receipt_delay_ms": 100}
        cls.simulator = simulator.Simulator(cls.folder, alpha=slow, beta=slow)
        cls.addClassCleanup(cls.simulator.child.stop)
        return cls.simulator.ports

    @classmethod
    def wait_suppliers(cls):
        children.wait_until(lambda: cls.hub.live("binds").stdout.count("BOUND_TRX") >= 2, 20, "suppliers are bound")

    def test_each_message_is_taken_and_told_once(self):
        client = self.client()
        ids = [client.submit(dest=ROUTED, text=b"slow", registered=1).message_id for _ in range(MANY)]
        told = [told_id(client.take_delivery(seconds=60)) for _ in ids]
        self.assertEqual(sorted(ids), sorted(told))
        self.settled("select count(*) from traffic.attempt where result = 'accepted' and cost_state = 'certain'", MANY)
        self.settled("select count(*) > 0 from traffic.attempt where late_at is not null", "t")
        self.settled("select count(*) from traffic.queue", 0)
        self.settled("select count(*) from traffic.stray_receipt", 0)
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
