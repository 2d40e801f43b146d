"""submit_multi, through the real hub: one answer, one id, a message and a price for each destination."""

from support import case, foreign, wire

NEIGHBOUR = foreign.DESTINATION[:-1] + "0"
RINVDSTADR, RCNTSUBDL = 0x0B, 0x44


class NodeSmppMulti(foreign.ForeignCase):
    def test_two_are_accepted_and_two_are_not(self):
        node = foreign.CLIENTS / "node"
        self.assertTrue((node / "node_modules/smpp").is_dir(), f"run: npm --prefix {node} ci")
        (seen,) = self.run_client(["node", str(node / "node_multi.js")])
        self.assertEqual(0, seen["status"])
        self.assertRegex(seen["id"], r"^[0-9]{1,20}$")
        self.assertEqual([["99900012345", RINVDSTADR], ["staff", RCNTSUBDL]], seen["unsuccess"])
        self.assertEqual({(seen["id"], seen["id"], foreign.DESTINATION, True), (seen["id"], seen["id"], NEIGHBOUR, True)},
                         {(r["id"], r["tlv_id"], r["from"], r["answered"]) for r in seen["receipts"]})
        self.assertEqual({"status": 0, "id": seen["id"], "state": 2}, seen["query"])
        got = [pdu.sm() for _, pdu in self.alpha.received]
        self.assertEqual({foreign.DESTINATION.encode(), NEIGHBOUR.encode()}, {sm.dest for sm in got})
        self.assertEqual({b"To many from node-smpp"}, {sm.text for sm in got})
        self.settled("select count(*) from traffic.reject", 1)
        self.check_books(messages=2, receipts=2)


class MultiAndRestart(case.SystemCase):
    def test_a_restart_keeps_the_id(self):
        client = self.client()
        answer = client.request(wire.SUBMIT_MULTI, wire.multi_body(foreign.DESTINATION.encode(), NEIGHBOUR.encode()))
        self.assertEqual(wire.ROK, answer.status)
        message_id, count = answer.body[:-1].rstrip(b"\x00"), answer.body[-1]
        self.assertEqual(0, count)
        client.unbind()
        client.close()
        self.settled("select count(*) from traffic.attempt where result = 'accepted'", 2)
        ids = dict(self.postgres.query("select m.destination_addr, a.upstream_id from traffic.message m "
                                       "join traffic.attempt a using (accept_day, message_id)"))
        self.restart_hub()
        client = self.client()
        for number, upstream_id in ids.items():
            sequence = self.alpha.deliver_receipt(upstream_id, number.encode(), b"MULTI")
            got = client.take_delivery().sm()
            self.assertEqual(wire.receipt_text(message_id.decode()), got.text)
            self.assertEqual(number.encode(), got.source)
            self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)
        self.settled("select count(*) from traffic.outcome where message_state = 2", 2)
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
