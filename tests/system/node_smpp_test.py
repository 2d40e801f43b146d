"""node-smpp (npm `smpp`) as a client of the hub. ./packaging/check fetches it by its lock file."""

from support import case, foreign


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


if __name__ == "__main__":
    case.main()
