"""Overload: a daemon that has nearly all the memory it may have takes no messages, and says so; nobody who is bound is lost."""

from support import case, children, wire

MIB = 1 << 20


class NoMemoryLeft(case.SystemCase):
    # Less than a daemon has at its start.
    settings = {"overload": {"memory_octets_max": MIB}}

    def test_messages_are_throttled_and_the_log_says_why(self):
        client = self.client()
        children.wait_until(lambda: self.counters()["loops_overloaded"] == 2, 60, "both loops have looked")
        self.assertEqual(wire.RTHROTTLED, client.submit(dest=b"491511234567", text=b"hello").status)
        self.assertEqual(1, self.counters()["rejected_overload"])
        self.assertEqual(0, self.counters()["submits_sent"])
        self.assertEqual(wire.ROK, client.request(wire.ENQUIRE_LINK, b"").status)
        log = "".join(path.read_text() for path in self.folder.glob("smpphubd-*.log"))
        self.assertIn("ev=overload.level", log)
        self.assertIn("level=3", log)


if __name__ == "__main__":
    case.main()
