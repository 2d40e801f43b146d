"""A supplier with a profile and one without: what `hubctl apply` describes is what each gets, and tshark finds nothing wrong in it."""

from support import capture, case, hub, smsc, wire

ROUTED = b"4915112345678"  # alpha first, beta second

PROFILE = """
tlvs = "none"
data_codings = { 0x01 = 0x03 }
receipts_by_text = true
receipt_states = { OK = "DELIVERED" }
statuses = { 0x00000401 = "permanent" }
client_statuses = { 0x00000401 = "ESME_RINVDSTADR" }

[[supplier.tlv]]
tag = 0x1401
action = "drop"

[[supplier.address]]
side = "source"
ton = 5
action = "address"
to = "46701234567"
to_ton = 1
to_npi = 1

[[supplier.address]]
side = "destination"
prefix = "49"
action = "prefix"
to = "0"
to_ton = 2
"""


def quirky(text, profile=PROFILE):
    """The catalog, with a profile for alpha."""
    at = text.index("\n\n", text.index('name = "alpha"'))
    return text[:at] + profile + text[at:]


class SupplierProfile(case.SystemCase):
    @classmethod
    def prepare(cls):
        cls.catalog = (cls.folder / "catalog.toml").read_text()
        cls.hub.apply(quirky(cls.catalog))
        cls.capture = capture.Capture(cls.folder, [cls.alpha.port, cls.beta.port])
        cls.addClassCleanup(cls.capture.child.stop)

    def setUp(self):
        self.wait_clients_gone()
        for supplier in (self.alpha, self.beta):
            supplier.received.clear()
            supplier.answer = supplier.accept

    def sm(self, **fields):
        return wire.Sm(dest=ROUTED, data_coding=1, registered=1, text=b"hello",
                       tlvs=((0x0204, b"\x01\x02"), (0x1401, b"x")), **fields)

    def only(self, supplier):
        self.assertEqual(1, len(supplier.received))
        return supplier.received[0][1]

    def test_each_supplier_gets_its_own_form_and_the_client_its_own_addresses(self):
        client = self.client()
        answer = client.request(wire.SUBMIT_SM, self.sm(source=b"ACME").encode())
        self.assertEqual(wire.ROK, answer.status)
        got = self.only(self.alpha).sm()
        self.assertEqual((b"46701234567", 1, 1, b"015112345678", 2, 3, b"hello", ()),
                         (got.source, got.source_ton, got.source_npi, got.dest, got.dest_ton, got.data_coding, got.text, got.tlvs))
        supplier_id = self.settled_id(answer.message_id)
        self.alpha.deliver(wire.Sm(source=got.dest, dest=got.source, text=wire.receipt_text(supplier_id, "OK")))
        receipt = client.take_delivery().sm()
        self.assertEqual((ROUTED, b"ACME", 0x04), (receipt.source, receipt.dest, receipt.esm_class))
        self.assertIn(f"id:{answer.message_id} ".encode(), receipt.text)
        self.assertIn(b"stat:DELIVRD", receipt.text)

    def settled_id(self, message_id):
        rows = f"select upstream_id from traffic.attempt where message_id = {message_id}"
        self.settled(f"select count(*) from ({rows}) a", 1)
        return self.postgres.query(rows)[0][0]

    def test_fail_over_sends_what_the_client_sent(self):
        self.alpha.answer = lambda _link, pdu: [smsc.Smsc.response(pdu, wire.RSYSERR)]
        body = self.sm(source=b"ACME").encode()
        self.assertEqual(wire.ROK, self.client().request(wire.SUBMIT_SM, body).status)
        self.assertEqual((), self.only(self.alpha).sm().tlvs)
        self.assertEqual(body, self.only(self.beta).body)

    def test_clients_see_the_status_that_the_profile_names(self):
        self.alpha.answer = lambda _link, pdu: [smsc.Smsc.response(pdu, 0x401)]
        answer = self.client().request(wire.SUBMIT_SM, self.sm(source=b"ACME").encode())
        self.assertEqual(wire.RINVDSTADR, answer.status)
        self.settled("select count(*) from traffic.attempt where command_status = 1025", 1)
        self.assertEqual([], self.beta.received)
        self.assert_books_balance()

    def test_the_same_description_changes_nothing(self):
        said = self.hub.apply(quirky(self.catalog), "again.toml").stdout
        self.assertNotIn("supplier alpha: tlv", said)
        self.assertNotIn("supplier alpha: address", said)

    def test_tshark_finds_nothing_wrong_in_any_of_it(self):
        """The last by its name: of what the others sent, too."""
        self.assertEqual(wire.ROK, self.client().request(wire.SUBMIT_SM, self.sm(source=b"ACME").encode()).status)
        links = len(self.alpha.bound_links())
        self.hub.stop()
        self.capture.wait_for(self.alpha.port, "tcp.dstport", wire.UNBIND, links)
        self.capture.stop()
        says = f"tcp.dstport == {self.alpha.port} || tcp.dstport == {self.beta.port}"
        self.assertEqual([], self.capture.wrong(says))
        self.assertGreater(self.capture.commands(self.alpha.port, "tcp.dstport")[wire.SUBMIT_SM], 0)


if __name__ == "__main__":
    case.main()
