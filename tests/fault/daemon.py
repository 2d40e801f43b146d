"""smpphubd as these tests run it: killed, armed with a crash point, started again."""

import signal
import time

from support import children, hub

SETTINGS = {
    "supplier": {"connect_timeout_ms": 1000, "bind_timeout_ms": 1000, "reconnect_min_ms": 50, "reconnect_max_ms": 300,
                 "enquire_link_ms": 2000},
    "session": {"window_requests_max": 1000},
    "log": {"level": "warn"},
}
JOURNAL = {"octets_free_min": 0}
# Small and quick, so that a second of load passes every place: several segments, many batches, short pauses.
SMALL = {"settle": {"interval_ms": 100, "retry_ms": 200, "batch_rows_max": 1000}}
SMALL_JOURNAL = {"segment_octets": 1 << 20}
START_S = 300  # it settles first what the last one left: on a slow machine that takes its time
LOGS_KEPT = 5


class Daemon(hub.Hub):
    def __init__(self, folder, postgres, conninfo, journal_folder, small=True):
        self._conninfo, self.journal_folder, self._small = conninfo, journal_folder, small
        self.deaths = 0          # ends that we caused
        self.start_seconds = []  # from launch to an open port
        super().__init__(folder, postgres, self.settings())

    def settings(self):
        small, small_journal = (SMALL, SMALL_JOURNAL) if self._small else ({}, {})
        return {**SETTINGS, **small, "database": {"conninfo": self._conninfo},
                "journal": {"folder": str(self.journal_folder), **JOURNAL, **small_journal}}

    def launch(self, crash_at=None):
        self._runs += 1
        self._drop_old_log()
        environment = {"HUB_CRASH_AT": crash_at} if crash_at else None
        return children.Child(f"smpphubd-{self._runs}", [hub.BIN / "smpphubd", "--config", self.config], self.folder,
                              environment)

    def _drop_old_log(self):
        (self.folder / f"smpphubd-{self._runs - LOGS_KEPT}.log").unlink(missing_ok=True)

    def start(self, crash_at=None):
        """True: it serves. False: it was killed by its crash point before it did."""
        began = time.monotonic()
        self.child = self.launch(crash_at)

        def ready():
            return not self.child.running() or children.accepts(self.port)
        children.wait_until(ready, START_S, "smpphubd serves", every=0.01)
        if self.child.running():
            self.start_seconds.append(time.monotonic() - began)
            return True
        code = self.child.wait(1)
        if crash_at is None or code != -signal.SIGKILL:
            raise AssertionError(f"smpphubd ended with {code} at its start:\n{self.child.output()[-2000:]}")
        self.reap()
        return False

    @property
    def drain_s(self):
        """How long it may take over its end, by its own settings."""
        return hub.SETTINGS["node"]["drain_ms"] / 1000

    def running(self):
        return self.child is not None and self.child.running()

    def kill(self):
        """SIGKILL: it gets no chance to say or write anything."""
        if not self.running():
            raise AssertionError(f"smpphubd was dead already:\n{self.child.output()[-2000:] if self.child else ''}")
        self.child.process.kill()
        self.reap()

    def reap(self):
        """Takes note of a death that a test wanted."""
        code = self.child.wait(children.PATIENCE_S)
        if code != -signal.SIGKILL:
            raise AssertionError(f"smpphubd ended with {code}, not by SIGKILL:\n{self.child.output()[-2000:]}")
        self.child.stop()
        self.child = None
        self.deaths += 1
