"""Both legs captured on the wire and decoded by tshark (Wireshark's dissector, not ours): no malformed PDU, none lost."""

import collections
import pathlib
import subprocess

from support import case, children, foreign, wire

RESPONSES_OF = {wire.SUBMIT_SM: "submit_sm", wire.DELIVER_SM: "deliver_sm", wire.BIND_TRANSCEIVER: "bind_transceiver",
                wire.UNBIND: "unbind"}
EXPERT_ERROR = 0x00800000  # PI_ERROR of Wireshark's epan/proto.h


class Capture:
    """tshark writing the packets of some ports of the loopback interface to a file."""

    def __init__(self, folder, ports):
        self.file = pathlib.Path(folder) / "both-legs.pcap"
        self.ports = ports
        only = " or ".join(f"tcp port {port}" for port in ports)
        self.child = children.Child("tshark", ["tshark", "-i", "lo", "-f", only, "-w", self.file, "-l"], folder)
        children.wait_until(self._capturing, 20, "tshark captures on lo")

    def _capturing(self):
        if not self.child.running():
            raise AssertionError("tshark cannot capture here: run as root, or as a member of the group wireshark\n" +
                                 self.child.output())
        # It says so before the socket is open; the file's header is written after.
        return "Capturing on" in self.child.output() and self.file.exists() and self.file.stat().st_size > 0

    def stop(self):
        self.child.stop()

    def decode(self, display_filter, *fields):
        """Rows of the fields of each packet that the filter shows."""
        ports = [word for port in self.ports for word in ("-d", f"tcp.port=={port},smpp")]
        wanted = [word for field in fields for word in ("-e", field)]
        done = subprocess.run(["tshark", "-r", self.file, *ports, "-Y", display_filter, "-T", "fields", *wanted],
                              capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def commands(self, port):
        """How many PDUs of each command_id tshark found in the packets of a port."""
        found = collections.Counter()
        for (ids,) in self.decode(f"smpp && tcp.port == {port}", "smpp.command_id"):
            found.update(int(word, 16) for word in ids.split(","))
        return found


class BothLegs(foreign.ForeignCase):
    @classmethod
    def prepare(cls):
        cls.capture = Capture(cls.folder, [cls.hub.port, cls.alpha.port, cls.beta.port])
        cls.addClassCleanup(cls.capture.child.stop)

    def test_tshark_finds_nothing_malformed_and_every_pdu(self):
        self.check_seen_by_client(self.run_client(foreign.NET_SMPP))
        self.check_odd_traffic()
        self.check_books(messages=6, receipts=5)
        self.hub.stop()
        self.capture.stop()
        wrong = self.capture.decode(f"_ws.malformed || _ws.expert.severity >= {EXPERT_ERROR}",
                                    "frame.number", "_ws.col.Info", "_ws.expert.message")
        self.assertEqual([], wrong)
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
