"""A middle that is up and ready, and the load that it gets."""

import json

import rig
from support import children

from . import processes

SESSIONS = 4
WINDOW_MAX = 10_000  # of a session, and of a bind at the supplier
UNANSWERED_MAX = 10_000  # of a load, over all of its sessions
PREFIX = "49151"
TEXT = ("A message of one hundred characters, the length that most of them have or nearly so, and it says naught" * 2)[:100]
ACCOUNT = ("compare", "load-pw")
SETTLED_S = 600  # longest wait for PostgreSQL behind a run, and for receipts


class Running:
    """upstream: the simulator behind it. pid: whose CPU and memory count, with what it started; None: nobody's.
    receipts: every message of a load asks for one."""

    receipts = False

    def __init__(self, upstream, port, pid=None, database_pid=None):
        self.upstream, self.port, self.pid, self.database_pid = upstream, port, pid, database_pid

    def prepare(self, window):
        """Before a load with another window than the last."""

    def cpu_ns(self):
        """(its own, PostgreSQL's behind it)."""
        return tuple(processes.cpu_ns_of_all(pid) if pid else 0 for pid in (self.pid, self.database_pid))

    def rss_octets(self):
        return processes.rss_octets(self.pid) if self.pid else 0

    def letters(self):
        """Between its loops, so far; None: it has none."""
        return None

    def settle(self):
        """Waits until nothing is left to do for what was answered."""

    def load(self, account=ACCOUNT, **options):
        """An esmeload under way."""
        return rig.Load(self.port, account, **{"text": TEXT, "dest_prefix": PREFIX, "sessions": SESSIONS, **options})

    def arrived(self):
        """Messages that the simulator took so far."""
        return self._simulated("answered_ok")

    def sessions(self):
        """Binds of clients now: each is one at the simulator too."""
        return self._simulated("sessions")

    def _simulated(self, name):
        return json.loads(self.upstream.tell("stats"))["alpha"][name]


class RunningHub(Running):
    def __init__(self, upstream, daemon, database_pid, receipts):
        super().__init__(upstream, daemon.port, daemon.child.pid, database_pid)
        self.daemon, self.receipts = daemon, receipts

    def settle(self):
        children.wait_until(lambda: self._unsettled() == 0, SETTLED_S, "PostgreSQL has all of it", every=0.1)

    def _unsettled(self):
        return int(rig.status(self.daemon)["settle"]["octets_waiting"])

    def letters(self):
        return rig.counters(self.daemon)["mail_sent"]

    def sessions(self):
        return rig.counters(self.daemon)["binds_esme"]

    def load(self, **options):
        more = {"registered_delivery": 1, "wait_receipts": SETTLED_S} if self.receipts else {}
        return super().load(**more, **options)
