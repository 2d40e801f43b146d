"""journal.durability from "disk" to "none" and back: what the first run left unfinished is untouched by the second, and ended by the third."""

from support import case, wire

ROUTED = b"4915112345678"  # alpha first
# Messages, attempts, those of ours that wait, receipts that wait, ends, strays, and all money.
LEFT = """select concat_ws(' ', (select count(*) from traffic.message), (select count(*) from traffic.attempt where result = 'accepted'),
                 (select count(*) from traffic.queue), (select count(*) from traffic.receipt), (select count(*) from traffic.outcome),
                 (select count(*) from traffic.stray_receipt), (select sum(balance) from money.account), (select sum(held) from money.account))"""


class JournalOff(case.SystemCase):
    @classmethod
    def prepare(cls):
        cls.answers("accepted")

    @classmethod
    def answers(cls, how):
        cls.postgres.query(f"update crm.client set answer = '{how}' where system_id = 'demo' returning 1")

    @classmethod
    def left(cls):
        return cls.postgres.value(LEFT)

    def start_with(self, durability, answer):
        self.hub.write_config({"journal": {"durability": durability}})
        self.answers(answer)
        self.hub.start()
        self.wait_suppliers()

    def submit(self, client, text):
        answer = client.submit(dest=ROUTED, text=text, registered=1)
        self.assertEqual(wire.ROK, answer.status)
        return answer.message_id

    def leave_unfinished(self):
        """Ids of a message that its supplier has, of one whose receipt waits for its client, and of one that waits for a supplier."""
        sender = self.client(mode=wire.BIND_TRANSMITTER)
        taken, told = self.submit(sender, b"taken"), self.submit(sender, b"told")
        self.settled("select count(*) from traffic.attempt where result = 'accepted'", 2)
        self.alpha.wait_response(self.alpha.deliver_receipt("s2", ROUTED, b"TEST"))
        self.settled("select count(*) from traffic.receipt", 1)
        for supplier in (self.alpha, self.beta):
            supplier.close()
        return taken, told, self.submit(sender, b"waits")  # the journal has it, and perhaps not PostgreSQL

    def receipt_told(self, client, supplier_id):
        """Id that the client is told when alpha says that it delivered one."""
        self.alpha.wait_response(self.alpha.deliver_receipt(supplier_id, ROUTED, b"TEST"))
        return self.next_told(client)

    @staticmethod
    def next_told(client):
        return client.take_delivery().sm().tlv(wire.TLV_RECEIPTED_MESSAGE_ID).rstrip(b"\0").decode()

    def texts_at_alpha(self):
        return [wire.Sm.decode(pdu.body).text for _, pdu in self.alpha.received]

    def test_what_a_run_with_a_journal_left_waits_for_the_next_one_that_has_one(self):
        taken, told, waits = self.leave_unfinished()
        self.kill_hub()
        self.alpha.received.clear()
        for supplier in (self.alpha, self.beta):
            supplier.listen()

        self.start_with("none", "upstream")
        left = self.left()
        self.assertEqual("3 2 1 1 1 0", " ".join(left.split()[:6]), "its journal is settled")
        client = self.client()
        between = self.submit(client, b"between")
        self.assertEqual([b"between"], self.texts_at_alpha(), "and nothing of the run before")
        self.assertEqual(between, self.receipt_told(client, "s3"), "the first that the client is told")
        client.close()
        self.wait_clients_gone()
        self.assertEqual(0, self._end_hub())
        self.assertEqual(left, self.left())

        self.start_with("disk", "accepted")
        client = self.client()
        self.assertEqual(told, self.next_told(client))
        self.settled("select count(*) from traffic.attempt where result = 'accepted'", 3)
        self.assertEqual([b"between", b"waits"], self.texts_at_alpha())
        self.assertEqual({taken, waits}, {self.receipt_told(client, "s1"), self.receipt_told(client, "s4")})
        self.settled("select concat_ws(' ', (select count(*) from traffic.outcome), (select count(*) from traffic.queue), "
                     "(select count(*) from traffic.receipt), (select count(*) from traffic.stray_receipt))", "3 0 0 0")
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
