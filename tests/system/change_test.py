"""cancel_sm and replace_sm of a client whose messages are ours: on both loops, at a supplier, and over a kill -9."""

from support import case, foreign, smsc, wire

CANCEL_SM, REPLACE_SM = 0x08, 0x07
RINVMSGID, RCANCELFAIL, RREPLACEFAIL = 0x0C, 0x11, 0x13
NODE_CHANGE = ["node", str(foreign.CLIENTS / "node/node_change.js")]
NODE_CHANGE_V33 = ["env", "INTERFACE_VERSION=0x33", *NODE_CHANGE]
ADDRESS = b"\x05\x00ACME\0"
IN_AN_HOUR = b"000000010000000R"


class Change(foreign.ForeignCase):
    @classmethod
    def prepare(cls):
        cls.postgres.query("update crm.client set answer = 'accepted' where system_id = 'demo' returning 1")

    @classmethod
    def accept_and_report(cls, supplier):
        """Takes every message, reports all but one, and refuses to change that: with another status each."""
        take = super().accept_and_report(supplier)

        def answer(link, pdu):
            if pdu.command_id == wire.SUBMIT_SM:
                stays = pdu.sm().text == b"at its supplier"
                return [smsc.Smsc.response(pdu, wire.ROK, "0xAb-7")] if stays else take(link, pdu)
            return [smsc.Smsc.response(pdu, {CANCEL_SM: 0x411, REPLACE_SM: RREPLACEFAIL}[pdu.command_id])]
        return answer

    def setUp(self):
        self.alpha.received.clear()

    def submits(self):
        return [pdu.sm().text for _, pdu in self.alpha.received if pdu.command_id == wire.SUBMIT_SM]

    def test_node_smpp_takes_back_and_changes(self):
        self.takes_back_and_changes(NODE_CHANGE, "^[0-9]{18}$")

    def test_node_smpp_of_v33_does_it_with_ids_of_8_characters(self):
        self.takes_back_and_changes(NODE_CHANGE_V33, "^[0-9A-Za-z]{8}$")

    def takes_back_and_changes(self, client, ids):
        taken = "select count(*) from traffic.attempt where upstream_id = '0xAb-7'"
        before = int(self.postgres.query(taken)[0][0])
        seen, = self.run_client(client, when=lambda: self.settled(taken, before + 1))
        for name in ("cancelled", "changed", "taken"):
            self.assertRegex(seen[name], ids)
            told = f"select client_message_id from bill.v_cdr where message_id = bill.message_id_of('{seen[name]}')"
            self.settled(told, seen[name])
        self.assertEqual((0, 0), (seen["cancel"], seen["replace"]), seen)
        self.assertEqual((RCANCELFAIL, RINVMSGID, RINVMSGID),
                         (seen["cancel_again"], seen["cancel_unknown"], seen["cancel_foreign_source"]), seen)
        self.assertEqual((0x411, RREPLACEFAIL), (seen["cancel_taken"], seen["replace_taken"]), seen)
        self.assertEqual({seen["cancelled"]: "DELETED", seen["changed"]: "DELIVRD"}, seen["receipts"])
        self.assertEqual([b"at its supplier", b"second"], self.submits())
        relayed = {pdu.command_id: pdu.body for _, pdu in self.alpha.received if pdu.command_id != wire.SUBMIT_SM}
        source = b"\x05\x00NODESMPP\0"
        self.assertEqual(b"\0" + b"0xAb-7\0" + source + b"\0\0\0", relayed[CANCEL_SM])
        self.assertEqual(b"0xAb-7\0" + source + b"\0\0\x01\0\x08too late", relayed[REPLACE_SM])
        self.check_money(seen["cancelled"])

    def check_money(self, cancelled):
        self.settled(f"select cause from traffic.outcome where message_id = bill.message_id_of('{cancelled}')", "cancelled")
        self.settled(f"select reason from traffic.refund where message_id = bill.message_id_of('{cancelled}')", "cancelled")
        self.settled("select count(*) from traffic.queue where next_at < now() + interval '10 minutes'", 0)
        self.assert_books_balance()

    def later(self, client, text):
        answer = client.submit(source=b"ACME", source_ton=5, dest=foreign.DESTINATION.encode(), text=text, schedule=IN_AN_HOUR)
        self.assertEqual(wire.ROK, answer.status)
        return answer.body.rstrip(b"\0")

    def test_a_kill_forgets_neither(self):
        # Several sessions: some of them are on the loop that does not keep the message.
        clients = [self.client() for _ in range(8)]
        ids = [self.later(clients[0], b"first") for _ in range(8)]
        for n, message_id in enumerate(ids[:4]):
            answer = clients[n].request(CANCEL_SM, b"\0" + message_id + b"\0" + ADDRESS + b"\0\0\0")
            self.assertEqual(wire.ROK, answer.status)
        for n, message_id in enumerate(ids[4:]):
            answer = clients[4 + n].request(REPLACE_SM, message_id + b"\0" + ADDRESS + b"\0\0\0\0" + b"\x06second")
            self.assertEqual(wire.ROK, answer.status)
        self.kill_hub()
        self.hub.start()
        wanted = ",".join(sorted(message_id.decode() for message_id in ids[4:]))
        self.settled("select string_agg(message_id::text, ',' order by message_id) from traffic.queue"
                     f" where message_id = any ('{{{','.join(i.decode() for i in ids)}}}')", wanted)
        rows = self.postgres.query("select q.pdu, m.registered_delivery from traffic.queue q join traffic.message m using (message_id)"
                                   f" where q.message_id in ({wanted})")
        for pdu, asked in rows:
            self.assertIn(b"second".hex(), str(pdu))
            self.assertEqual("0", str(asked))
        self.assert_books_balance()
        # Out of PostgreSQL alone now.
        client = self.client()
        answer = client.request(CANCEL_SM, b"\0" + ids[4] + b"\0" + ADDRESS + b"\0\0\0")
        self.assertEqual(wire.ROK, answer.status)
        self.settled(f"select count(*) from traffic.queue where message_id = {ids[4].decode()}", 0)
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
