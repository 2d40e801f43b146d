"""A capture of some ports, decoded by tshark: Wireshark's dissector, which is not ours."""

import collections
import pathlib
import socket
import subprocess

from support import children

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

    def wait_for(self, port, direction, command, count, seconds=20):
        """Until so many PDUs of a command_id stand in the file: tshark writes what it captured when it gets to it."""
        def seen():
            with socket.socket() as nudge:  # refused or not, more packets make tshark write those before
                nudge.connect_ex(("127.0.0.1", self.ports[0]))
            try:
                return self.commands(port, direction)[command] >= count
            except subprocess.CalledProcessError:
                return False  # the file ends within a packet: it is being written
        children.wait_until(seen, seconds, f"{count} PDUs of {command:#x} with {direction} {port} in the capture", every=0.3)

    def decode(self, display_filter, *fields):
        """Rows of the fields of each packet that the filter shows."""
        ports = [word for port in self.ports for word in ("-d", f"tcp.port=={port},smpp")]
        wanted = [word for field in fields for word in ("-e", field)]
        done = subprocess.run(["tshark", "-r", self.file, *ports, "-Y", display_filter, "-T", "fields", *wanted],
                              capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def wrong(self, display_filter="frame"):
        """What tshark calls malformed or an error, among the packets that the filter shows."""
        return self.decode(f"(_ws.malformed || _ws.expert.severity >= {EXPERT_ERROR}) && ({display_filter})",
                           "frame.number", "_ws.col.Info", "_ws.expert.message")

    def commands(self, port, direction="tcp.port"):
        """How many PDUs of each command_id tshark found in the packets of a port; direction: tcp.srcport, tcp.dstport or both."""
        found = collections.Counter()
        for (ids,) in self.decode(f"smpp && {direction} == {port}", "smpp.command_id"):
            found.update(int(word, 16) for word in ids.split(","))
        return found
