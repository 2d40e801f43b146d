"""Both legs captured on the wire and decoded by tshark (Wireshark's dissector, not ours): no malformed PDU, none lost."""

from support import capture, case, foreign, wire

RESPONSES_OF = {wire.SUBMIT_SM: "submit_sm", wire.DELIVER_SM: "deliver_sm", wire.BIND_TRANSCEIVER: "bind_transceiver",
                wire.UNBIND: "unbind"}


class BothLegs(foreign.ForeignCase):
    @classmethod
    def prepare(cls):
        cls.capture = capture.Capture(cls.folder, [cls.hub.port, cls.alpha.port, cls.beta.port])
        cls.addClassCleanup(cls.capture.child.stop)

    def test_tshark_finds_nothing_malformed_and_every_pdu(self):
        self.check_seen_by_client(self.run_client(foreign.NET_SMPP))
        self.check_odd_traffic()
        self.check_books(messages=6, receipts=5)
        links = {supplier.port: len(supplier.bound_links()) for supplier in (self.alpha, self.beta)}
        self.hub.stop()
        for port, count in links.items():  # the last that is said on a link
            self.capture.wait_for(port, "tcp.srcport", wire.UNBIND | wire.RESP, count)
        self.capture.stop()
        self.assertEqual([], self.capture.wrong())
        self.check_counts()

    def check_odd_traffic(self):
        """Refusals and a message with unknown TLVs: what the hub answers by itself is decoded as well."""
        client = self.client()
        self.assertEqual(wire.ROK, client.submit(dest=foreign.DESTINATION.encode(), text=b"x",
                                                 tlvs=((0x1499, b"vendor"),)).status)
        self.assertNotEqual(wire.ROK, client.submit(dest=b"99900012345", text=b"x").status)
        client.unbind()

    def check_counts(self):
        client = self.capture.commands(self.hub.port)
        suppliers = self.capture.commands(self.alpha.port) + self.capture.commands(self.beta.port)
        for leg, name in ((client, "client"), (suppliers, "supplier")):
            for command, words in RESPONSES_OF.items():
                self.assertEqual(leg[command], leg[command | wire.RESP], f"{words} without its response, {name} leg")
        self.assertEqual(5 + 2, client[wire.SUBMIT_SM])
        self.assertEqual(len(self.alpha.received) + len(self.beta.received), suppliers[wire.SUBMIT_SM])
        self.assertEqual(6, suppliers[wire.SUBMIT_SM])
        self.assertEqual((5, 5), (client[wire.DELIVER_SM], suppliers[wire.DELIVER_SM]))


if __name__ == "__main__":
    case.main()
