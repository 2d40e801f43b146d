"""Descriptors: the daemon takes as many as it may, and when it has none left those who are bound go on, and the others wait."""

import json
import pathlib
import resource
import socket

from support import case, children, esme, wire

FEW = 256


class Descriptors(case.SystemCase):
    settings = {"smpp": {"connections_max": 1000},
                "node": {"core_dumps": "on"}}  # else /proc/PID/fd is root's alone

    @classmethod
    def prepare(cls):
        # The daemon inherits what a shell gives.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def limits(self):
        return resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE)

    def control(self):
        """A question for counters on a connection to the control socket that is open already: a new one would want a descriptor."""
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        connection.settimeout(children.PATIENCE_S)
        connection.connect(str(self.hub.socket))
        lines = connection.makefile()
        self.addCleanup(lines.close)

        def counters():
            connection.sendall(b'{"command":"status","args":{}}\n')
            return json.loads(lines.readline())["result"]["counters"]
        return counters

    def test_1_it_takes_what_its_connections_want(self):
        soft, hard = self.limits()
        self.assertEqual(min(hard, 1000 + 1024), soft)

    def test_2_without_any_left_the_bound_ones_go_on_and_newcomers_wait(self):
        bound, counters = self.client(), self.control()
        self.assertEqual(0, counters()["accept_pauses"])
        soft, hard = self.limits()
        used = [int(fd.name) for fd in pathlib.Path(f"/proc/{self.hub.child.pid}/fd").iterdir()]
        # No number from there on is given any more: what is free below is filled, and then there are some more.
        resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE, (max(used) + 1, hard))
        for _ in range(max(used) + 1 - len(used) + 40):
            self.addCleanup(esme.Esme(self.hub.port).close)
        for _ in range(5):
            self.assertEqual(wire.ROK, bound.submit(dest=b"491511234567", text=b"hello").status)
        children.wait_until(lambda: counters()["accept_pauses"] > 0, 10, "a listener has no descriptor left")
        resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE, (soft, hard))
        newcomer = self.client()
        self.assertEqual(wire.ROK, newcomer.submit(dest=b"491511234567", text=b"hello").status)


if __name__ == "__main__":
    case.main()
