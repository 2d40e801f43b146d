"""A process and its hub looked at from time to time, beside a load."""

import os
import threading
import time


class Watch:
    """Calls look() each `every` seconds in a thread of its own, from start() to stop(); what it returned stands in samples, behind the
    moment (time.monotonic()). A look that fails ends it and is raised by stop()."""

    def __init__(self, look, every):
        self.samples = []
        self._look, self._every = look, every
        self._stop, self._failure = threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._stop.set()
        self._thread.join()
        if self._failure:
            raise self._failure
        return self.samples

    def between(self, since, until):
        return [sample for at, sample in self.samples if since <= at <= until]

    def _run(self):
        due = time.monotonic()
        try:
            while not self._stop.is_set():
                self.samples.append((time.monotonic(), self._look()))
                due += self._every
                self._stop.wait(max(0.0, due - time.monotonic()))
        except Exception as failure:  # the bench's own thread tells it
            self._failure = failure


def descriptors(pid, counters):
    """Of a hub. Where only root may look, for node.core_dumps = "off" says so of the hub: its connections, by its own counters."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return counters["binds_esme"] + counters["binds_smsc"] + counters["connections_unbound"]
