"""Kannel's bearerbox and smsbox (Debian kannel) bound to the hub as a client."""

from support import case, children, foreign, kannel

LONG = "A concatenated message that Kannel cuts into parts by itself. " * 6


class Kannel(foreign.ForeignCase):
    def test_short_ucs2_and_concatenated_messages_come_back_as_reports(self):
        box = kannel.Kannel(self.folder, self.hub.port, *case.DEMO_CLIENT)
        self.addCleanup(box.stop)
        for name, text, options in (("short", "Hello from Kannel", {}), ("ucs2", "Привет", {"coding": 2}),
                                    ("long", LONG, {})):
            self.assertIn("Accepted", box.send(name, foreign.DESTINATION, text, **options))
        # Kannel asks for the receipt of the first part of a long message only.
        for name in ("short", "ucs2", "long"):
            for kind in (8, 1 | 2):  # Kannel may send the second before the first
                children.wait_until(lambda n=name, k=kind: box.reports_of(n, k), 20, f"report {kind} of {name}")
            accepted, delivered = box.reports_of(name, 8), box.reports_of(name, 1)
            self.assertEqual(1, len(accepted), box.reports.reports)
            self.assertEqual(1, len(delivered), box.reports.reports)
            self.assertRegex(accepted[0]["id"], r"^[0-9]{1,20}$")
            self.assertEqual(accepted[0]["id"], delivered[0]["id"], "the receipt has the id of the answer")
        self.check_supplier()
        self.check_books(messages=5, receipts=3)

    def check_supplier(self):
        got = [pdu.sm() for pdu in self.alpha.wait_received(5)]
        texts = [sm.text for sm in got]
        self.assertIn(b"Hello from Kannel", texts)
        self.assertIn(foreign.UCS2_TEXT, texts)
        parts = sorted((sm.text for sm in got if sm.esm_class & 0x40), key=lambda text: text[5])
        self.assertEqual([(3, 1), (3, 2), (3, 3)], [(text[4], text[5]) for text in parts])
        self.assertEqual(LONG.strip().encode(), b"".join(text[6:] for text in parts).strip())


if __name__ == "__main__":
    case.main()
