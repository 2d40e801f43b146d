"""Perl's Net::SMPP (Debian libnet-smpp-perl) as a client of the hub."""

from support import case, foreign


class NetSmpp(foreign.ForeignCase):
    def test_short_ucs2_and_concatenated_messages_come_back_as_receipts(self):
        self.check_seen_by_client(self.run_client(foreign.NET_SMPP))
        self.check_got_by_supplier(b"Hello from Net::SMPP", b"NETSMPP")
        self.check_books(messages=5, receipts=5)


if __name__ == "__main__":
    case.main()
