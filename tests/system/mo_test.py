"""Mobile originated messages: to the client that number, keyword and supplier say, all parts of a long one together."""

from support import case, children, mo, wire
from support.mo import HANDSET, SHORT

ROUTES = mo.routes(mo.WHOLE_CODE, mo.ITS_WORD,
                   {"from": "4916200000", "to": "4916200099", "supplier": "beta", "client": "penny"})


def part(number, text, ref=7, dest=SHORT):
    return wire.Sm(source=HANDSET, dest=dest, esm_class=0x40, text=bytes([5, 0, 3, ref, 3, number]) + text)


class MoCase(case.SystemCase):
    @classmethod
    def prepare(cls):
        cls.hub.apply(ROUTES, "mo.toml")

    def setUp(self):
        self.wait_clients_gone()
        self.demo, self.penny = self.client(), self.client(case.POOR_CLIENT)


class Mo(MoCase):
    # A slow machine may take long between two parts of ours.
    settings = {"relay": {"mo_part_wait_ms": 60_000}}

    def goes_to(self, owner, sm, supplier=None):
        supplier = supplier or self.beta
        sequence = supplier.deliver(sm)
        self.assertEqual(sm.encode(), owner.take_delivery().body)
        self.assertEqual(wire.ROK, supplier.wait_response(sequence).status)

    def test_the_first_word_decides_in_every_alphabet(self):
        self.goes_to(self.demo, wire.Sm(source=HANDSET, dest=SHORT, text=b"hello"))
        self.goes_to(self.penny, wire.Sm(source=HANDSET, dest=SHORT, text=b"WIN a car"))
        self.goes_to(self.penny, wire.Sm(source=HANDSET, dest=SHORT, data_coding=3, text=b"Win!"))
        self.goes_to(self.penny, wire.Sm(source=HANDSET, dest=SHORT, data_coding=8, text="win ü".encode("utf-16-be")))
        self.goes_to(self.demo, wire.Sm(source=HANDSET, dest=SHORT, text=b"winter"))
        self.goes_to(self.penny, wire.Sm(source=HANDSET, dest=SHORT, tlvs=((wire.TLV_MESSAGE_PAYLOAD, b"win " * 100),)))

    def test_a_range_of_one_supplier_is_its_own(self):
        sequence = self.alpha.deliver(wire.Sm(source=HANDSET, dest=b"4916200050", text=b"x"))
        self.assertEqual(wire.RINVDSTADR, self.alpha.wait_response(sequence).status)
        self.goes_to(self.penny, wire.Sm(source=HANDSET, dest=b"4916200050", text=b"x"))

    def test_parts_follow_the_first_one_over_all_binds_of_both_sides(self):
        second = self.client(case.POOR_CLIENT)
        links = [link for link in self.alpha.links if link.bound is not None]  # on both loops of the hub
        for ref in range(10):
            parts = [part(1, b"win", ref), part(2, b"hello", ref), part(3, b"x", ref)]
            sequences = [self.alpha.deliver(parts[n], links[n % len(links)]) for n in (1, 0, 2)]
            got = [peer.take_delivery() for peer in (self.taker(second),) for _ in parts]
            self.assertEqual(sorted(p.encode() for p in parts), sorted(p.body for p in got), ref)
            for sequence in sequences:
                self.assertEqual(wire.ROK, self.alpha.wait_response(sequence).status)

    def taker(self, second):
        """Whichever of penny's binds gets something first: all parts must come there."""
        def first():
            for peer in (self.penny, second):
                peer.pump(0.02)
                if peer.inbox:
                    return peer
            return None
        return children.wait_until(first, 10, "a part came", every=0)

    def test_bad_routes_are_refused_with_their_place(self):
        done = self.hub.apply('[[mo_route]]\nfrom = "4916200050"\nto = "4916200150"\nsupplier = "beta"\nclient = "demo"\n',
                              "bad.toml", check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("bad.toml:1", done.stderr)
        self.assertIn("overlaps another range", done.stderr)


class PartAlone(MoCase):
    settings = {"relay": {"mo_part_wait_ms": 300}}

    def test_a_part_whose_first_one_does_not_come_goes_back(self):
        sequence = self.beta.deliver(part(2, b"x"))
        self.assertEqual(0x64, self.beta.wait_response(sequence).status)  # ESME_RX_T_APPN
        self.demo.pump(0.1)
        self.penny.pump(0.1)
        self.assertEqual([], self.demo.inbox + self.penny.inbox)


if __name__ == "__main__":
    case.main()
