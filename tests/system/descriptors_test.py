"""Descriptors: the daemon takes as many as it may, and when it has none left those who are bound go on, and the others wait."""

import json
import pathlib
import resource
import time

from support import case, esme, wire

FEW = 256


class Descriptors(case.SystemCase):
    settings = {"smpp": {"connections_max": 1000}}

    @classmethod
    def prepare(cls):
        # The daemon inherits what a shell gives.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
        cls.addClassCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def limits(self):
        return resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE)

    def counters(self):
        return json.loads(self.hub.live("status", "-o", "json").stdout)["counters"]

    def test_1_it_takes_what_its_connections_want(self):
        soft, hard = self.limits()
        self.assertEqual(min(hard, 1000 + 1024), soft)

    def test_2_without_any_left_the_bound_ones_go_on_and_newcomers_wait(self):
        bound = self.client()
        soft, hard = self.limits()
        used = [int(fd.name) for fd in pathlib.Path(f"/proc/{self.hub.child.pid}/fd").iterdir()]
        # No number from there on is given any more: what is free below is filled, and then there are some more.
        resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE, (max(used) + 1, hard))
        for _ in range(max(used) + 1 - len(used) + 40):
            self.addCleanup(esme.Esme(self.hub.port).close)
        for _ in range(5):
            self.assertEqual(wire.ROK, bound.submit(dest=b"491511234567", text=b"hello").status)
        time.sleep(0.5)
        resource.prlimit(self.hub.child.pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.assertGreater(self.counters()["accept_pauses"], 0)
        newcomer = self.client()
        self.assertEqual(wire.ROK, newcomer.submit(dest=b"491511234567", text=b"hello").status)


if __name__ == "__main__":
    case.main()
