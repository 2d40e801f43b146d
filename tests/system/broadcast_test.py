"""broadcast_sm and its like of a client that has a supplier and a price for them: the money, and what PostgreSQL says of them."""

from support import case, esme, foreign, hub, wire

BROADCAST_SM, QUERY_BROADCAST_SM, CANCEL_BROADCAST_SM = 0x111, 0x112, 0x113
RINVMSGID, RINVCMDID = 0x0C, 0x03
NODE_BROADCAST = ["node", str(foreign.CLIENTS / "node/node_broadcast.js")]
FAILED_AREA = wire.tlv(0x0606, b"\0south")
PROGRESS = wire.tlv(0x0427, b"\x01") + wire.tlv(0x0606, b"\0north") + wire.tlv(0x0608, b"\x5a")
SOURCE = b"\x05\x00NODESMPP\0"

# What the demo's catalog gets, behind these lines.
TERMS = {'name = "beta"': 'broadcast_cost = "20"', 'system_id = "hub-beta"': "interface_version = 0x50",
         'system_id = "demo"': 'broadcast_supplier = "beta"\nbroadcast_price = "25"'}


class Broadcast(foreign.ForeignCase):
    @classmethod
    def prepare(cls):
        text = hub.demo_catalog({"alpha": cls.alpha.port, "beta": cls.beta.port})
        for line, more in TERMS.items():
            text = text.replace(line + "\n", f"{line}\n{more}\n", 1)
        cls.hub.apply(text)

    @classmethod
    def accept_and_report(cls, supplier):
        def answer(_link, pdu):
            body = {BROADCAST_SM: wire.cstring(f"bc-{len(supplier.received)}") + FAILED_AREA,
                    QUERY_BROADCAST_SM: wire.cstring("bc-1") + PROGRESS, CANCEL_BROADCAST_SM: b""}[pdu.command_id]
            return [wire.Pdu(pdu.command_id | wire.RESP, wire.ROK, pdu.sequence, body)]
        return answer

    def test_node_smpp_broadcasts_asks_replaces_and_takes_back(self):
        balance = self.postgres.query("select balance from bill.v_balance_now where client = 'demo'")[0][0]
        seen, = self.run_client(NODE_BROADCAST)
        self.assertEqual(["south"], seen["failed_areas"])
        self.assertEqual({"command": "query_broadcast_sm_resp", "status": 0, "id": seen["first"], "state": 1, "success": 90},
                         seen["query"])
        self.assertEqual(RINVMSGID, seen["unknown"])
        self.assertEqual({"command": "cancel_broadcast_sm_resp", "status": 0}, seen["cancel"])
        got = [(pdu.command_id, pdu.body) for _, pdu in self.beta.received]
        self.assertEqual([BROADCAST_SM, QUERY_BROADCAST_SM, BROADCAST_SM, CANCEL_BROADCAST_SM], [one for one, _ in got])
        head = b"\0" + SOURCE
        self.assertEqual(head + b"\0" + b"\0\0\0\0", got[0][1][:len(head) + 5])
        self.assertEqual(b"bc-1\0" + SOURCE, got[1][1])
        self.assertEqual(head + b"bc-1\0" + b"\0\0\0\x01" + got[0][1][len(head) + 5:], got[2][1])
        self.assertEqual(b"\0" + b"bc-3\0" + SOURCE, got[3][1])
        self.check_books(seen, balance)
        self.check_query_sm_knows_none(seen["first"])

    def check_query_sm_knows_none(self, broadcast):
        client = esme.Esme(self.hub.port)
        self.addCleanup(client.close)
        self.assertEqual(wire.ROK, client.request(wire.BIND_TRANSCEIVER, wire.bind_body(*case.DEMO_CLIENT, 0x34)).status)
        number = client.send(wire.QUERY_SM, wire.cstring(broadcast) + SOURCE)
        answer = client.wait(lambda pdu: pdu.sequence == number)
        self.assertEqual((wire.QUERY_SM | wire.RESP, RINVMSGID), (answer.command_id, answer.status))

    def check_books(self, seen, balance):
        self.settled("select count(*) from bill.v_cdr where class = 'broadcast' and destination = '' and supplier = 'beta' "
                     "and charged = 25 and cost = 20 and margin = 5 and state = 'none asked'", 2)
        self.settled(f"select count(*) from traffic.message where message_id in ({seen['first']}, {seen['second']})", 2)
        self.settled(f"select {balance} - balance from bill.v_balance_now where client = 'demo'", "50.000000000")
        self.assert_books_balance()

    def test_others_may_not(self):
        for account, version in ((case.DEMO_CLIENT, 0x34), (case.POOR_CLIENT, 0x50)):
            client = esme.Esme(self.hub.port)
            self.addCleanup(client.close)
            self.assertEqual(wire.ROK, client.request(wire.BIND_TRANSCEIVER, wire.bind_body(*account, version)).status)
            number = client.send(QUERY_BROADCAST_SM, wire.cstring("1") + SOURCE)
            answer = client.wait(lambda pdu: pdu.sequence == number)
            self.assertEqual((wire.GENERIC_NACK, RINVCMDID), (answer.command_id, answer.status))


if __name__ == "__main__":
    case.main()
