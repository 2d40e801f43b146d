"""node-smpp (npm `smpp`) as a client of the hub. ./packaging/check fetches it by its lock file."""

from support import case, foreign, wire


class NodeSmpp(foreign.ForeignCase):
    def test_short_ucs2_and_concatenated_messages_come_back_as_receipts(self):
        node = foreign.CLIENTS / "node"
        self.assertTrue((node / "node_modules/smpp").is_dir(), f"run: npm --prefix {node} ci")
        seen = self.run_client(foreign.NODE_SMPP)
        self.check_seen_by_client(seen)
        for one in seen:
            self.assertEqual({"status": 0, "id": one["id"], "state": 2, "is_final": True}, one["query"])
        self.check_got_by_supplier(b"Hello from node-smpp", b"NODESMPP")
        self.check_books(messages=5, receipts=5)


class NodeSmppRefused(foreign.ForeignCase):
    def test_a_refusal_says_why(self):
        said = b"\0" + wire.tlv(0x0423, b"\x03\x00\x08") + wire.tlv(0x0425, b"\x01") + wire.tlv(0x001D, b"no such number\0")
        self.alpha.answer = lambda _link, pdu: [wire.Pdu(pdu.command_id | wire.RESP, 0x61, pdu.sequence, said)]
        seen = self.run_client(["node", str(foreign.CLIENTS / "node/node_refused.js")])
        why = {"status": 0x61, "id": "", "reason": 1, "network": "030008", "text": "no such number"}
        self.assertEqual([{"command": name, **why} for name in ("submit_sm_resp", "data_sm_resp")], seen)


if __name__ == "__main__":
    case.main()
