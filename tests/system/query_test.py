"""query_sm of a message whose receipt nobody asked for: its supplier is asked, where crm.supplier.relays_query says so."""

from support import case, foreign, smsc, wire

QUERY_SM = 0x03
RINVMSGID, RQUERYFAIL = 0x0C, 0x67
ENROUTE, DELIVERED = 1, 2
NODE_QUERY = ["node", str(foreign.CLIENTS / "node/node_query.js")]
TAKEN = "select count(*) from traffic.attempt where upstream_id = '0xAb-7'"


class Query(foreign.ForeignCase):
    @classmethod
    def prepare(cls):
        cls.postgres.query("update crm.supplier set relays_query = true where name = 'alpha' returning 1")

    @classmethod
    def accept_and_report(cls, supplier):
        """Takes a message, says once that it was delivered, and then that it does not know."""
        words = iter([b"0xAb-7\0" + b"261121093000004+\0" + bytes([DELIVERED, 0])])

        def answer(_, pdu):
            if pdu.command_id == wire.SUBMIT_SM:
                return [smsc.Smsc.response(pdu, wire.ROK, "0xAb-7")]
            word = next(words, None)
            body, status = (word, wire.ROK) if word else (b"", RQUERYFAIL)
            return [wire.Pdu(pdu.command_id | wire.RESP, status, pdu.sequence, body)]
        return answer

    def test_node_smpp_hears_its_suppliers_word_under_its_own_id(self):
        seen, = self.run_client(NODE_QUERY, when=lambda: self.settled(TAKEN, 1))
        own_id = seen["id"]
        self.assertEqual({"status": 0, "id": own_id, "state": DELIVERED, "date": "2026-11-21T08:30:00.000Z", "error": 0}, seen["told"])
        self.assertEqual(RINVMSGID, seen["foreign_source"]["status"], seen)
        self.assertEqual((0, own_id, ENROUTE), tuple(seen["refused"][key] for key in ("status", "id", "state")), seen)
        asked = [pdu.body for _, pdu in self.alpha.received if pdu.command_id == QUERY_SM]
        self.assertEqual([b"0xAb-7\0" + b"\x05\x00NODESMPP\0"] * 2, asked, "the one of another source did not go there")
        self.assertEqual(0, len([pdu for _, pdu in self.beta.received if pdu.command_id == QUERY_SM]))
        counters = self.counters()
        self.assertEqual((2, 1, 0), tuple(counters[name] for name in ("queries_relayed", "queries_unheard", "queries_at_suppliers")))
        self.settled("select count(*) from traffic.outcome", 0)
        self.assert_books_balance()


if __name__ == "__main__":
    case.main()
