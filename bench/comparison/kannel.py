"""Kannel's bearerbox between fakesmsc and the simulator. It is no SMPP server, so esmeload cannot load it: fakesmsc does, in lines
of text over a connection of its own, and the simulator's counters say what arrived. No latency: fakesmsc asks for no answer."""

import contextlib
import pathlib
import time

from support import children

from . import running

HERE = pathlib.Path(__file__).resolve().parent
FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
MESSAGES_A_SECOND = 10_000  # of a run asked for so many seconds: about what it carries
ARRIVE_S = 120
POLL_S = 0.01


class Load:
    """fakesmsc under way; result() has the keys of esmeload that make sense here."""

    def __init__(self, box, count):
        self._box, self._count = box, count
        self._before, self._began = box.arrived(), time.monotonic()
        line = f"COMPARE {running.PREFIX}0000000 text {running.TEXT}"
        self._child = children.Child(f"fakesmsc-{self._before}", [FAKESMSC, "-r", box.port, "-i", "0", "-m", count, "-v", "4", line],
                                     box.folder)

    def result(self, seconds=ARRIVE_S):
        try:
            children.wait_until(lambda: self._box.arrived() - self._before >= self._count, seconds, "what Kannel carries arrives", every=POLL_S)
            took = time.monotonic() - self._began
        finally:
            self._child.stop()
        return {"ok": True, "sent": self._count, "statuses": {"ESME_ROK": self._count}, "messages_per_second": self._count / took}


class RunningKannel(running.Running):
    def __init__(self, folder, upstream):
        super().__init__(upstream, port=0)
        self.folder, self._box = folder, None

    def prepare(self, window):
        """Its window stands in its configuration: it starts anew for each."""
        self.stop()
        self.port, admin, box = children.free_ports(3)
        config = pathlib.Path(self.folder) / "kannel.conf"
        config.write_text((HERE / "kannel.conf").read_text().format(
            admin=admin, box=box, listen=self.port, supplier=self.upstream.ports["alpha"], window=window))
        self._box = children.Child("bearerbox", ["/usr/sbin/bearerbox", "-v", "4", config], self.folder)
        self._box.wait_for_port(self.port)
        self.pid = self._box.pid
        children.wait_until(lambda: self.sessions() == 1, 20, "Kannel is bound")

    def load(self, count=0, seconds=0, **_):
        return Load(self, count or MESSAGES_A_SECOND * seconds)

    def stop(self):
        if self._box:
            self._box.stop()
            self._box = None


@contextlib.contextmanager
def start(folder, upstream, form):
    box = RunningKannel(folder, upstream)
    try:
        yield box
    finally:
        box.stop()
