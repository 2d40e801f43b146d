"""What every foreign ESME must see and what the supplier must get from it."""

import itertools
import json
import pathlib
import subprocess
import threading

from support import case, smsc

DESTINATION = "4915112345678"  # the demo routes it to alpha
CLIENTS = pathlib.Path(__file__).resolve().parents[1] / "clients"
NET_SMPP = ["perl", str(CLIENTS / "net_smpp.pl")]
NODE_SMPP = ["node", str(CLIENTS / "node/node_smpp.js")]
UCS2_TEXT = "Привет".encode("utf-16-be")


class ForeignCase(case.SystemCase):
    """Suppliers that send a receipt for each message a moment after accepting it."""

    @classmethod
    def start_suppliers(cls):
        ports = super().start_suppliers()
        for supplier in (cls.alpha, cls.beta):
            supplier.answer = cls.accept_and_report(supplier)
        return ports

    @staticmethod
    def accept_and_report(supplier):
        ids = itertools.count(0x5EED0000)

        def answer(link, pdu):
            sm, supplier_id = pdu.sm(), f"{next(ids):X}"
            report = lambda: supplier.deliver_receipt(supplier_id, sm.dest, sm.source, link=link)
            if sm.registered & 1:
                timer = threading.Timer(0.1, report)
                timer.daemon = True
                timer.start()
            return [smsc.Smsc.response(pdu, 0, supplier_id)]
        return answer

    def run_client(self, command, when=lambda: None):
        """The JSON lines that the client's script printed. It hears a line on its stdin when `when` has returned."""
        system_id, password = case.DEMO_CLIENT
        child = subprocess.Popen([*command, "127.0.0.1", str(self.hub.port), system_id, password, DESTINATION], text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            when()
            out, errors = child.communicate("go\n", timeout=120)
        finally:
            child.kill()
        self.assertEqual(0, child.returncode, out + errors)
        return [json.loads(line) for line in out.splitlines()]

    def check_seen_by_client(self, seen):
        # In the order of the answers, which two binds at the supplier may well mix.
        self.assertEqual(["part1", "part2", "part3", "short", "ucs2"], sorted(s["name"] for s in seen))
        self.assertEqual(5, len({s["id"] for s in seen}), "every message has an id of its own")
        for s in seen:
            self.assertEqual(0, s["status"], s)
            self.assertRegex(s["id"], r"^[0-9]{1,20}$")
            self.assertEqual({"id": s["id"], "stat": "DELIVRD", "tlv_id": s["id"], "state": 2}, s["receipt"])

    def check_got_by_supplier(self, text, source):
        """The very octets the script sends: short text, UCS-2, three parts with their UDH."""
        got = [pdu.sm() for _, pdu in self.alpha.received]
        self.assertEqual(5, len(got))
        by_text = {sm.text: sm for sm in got}
        self.assertIn(text, by_text)
        self.assertEqual(8, by_text[UCS2_TEXT].data_coding)
        parts = sorted((sm for sm in got if sm.esm_class & 0x40), key=lambda sm: sm.text[5])
        self.assertEqual([1, 2, 3], [sm.text[5] for sm in parts])
        for number, sm in enumerate(parts, 1):
            self.assertEqual(b"\x05\x00\x03", sm.text[:3])
            self.assertEqual(bytes([64 + number]) * 134, sm.text[6:])
        self.assertEqual({(source, DESTINATION.encode(), 1)}, {(sm.source, sm.dest, sm.registered) for sm in got})

    def check_books(self, messages, receipts):
        self.settled("select count(*) from traffic.message", messages)
        self.settled("select count(*) from traffic.outcome where message_state = 2", receipts)
        self.assert_books_balance()
