"""The disk below a journal and nothing else: how soon a message could be durable if no hub cost any time.

Messages are due one by one at a steady rate, whatever the disk does. A message has two records, one behind the other, as with answer = upstream: it
was handed to a supplier, which must be durable before it is sent, and its client may have its ESME_ROK. All records there are are written together
and synced, as the journal does; the first is there when the message is due, the second when the first is durable, and the message has waited from when
it was due until then. One that falls due while a sync runs waits for the end of that, and the longer a sync is the more of them it meets: p99 of
messages is several times that of syncs."""

import contextlib
import os
import pathlib
import time

from . import running

OCTETS_A_RECORD = 200  # about
SEGMENT_OCTETS = 64 << 20  # journal.segment_octets, as shipped
ZEROES = bytes(1 << 20)  # of a write while the file is filled
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


class Load:
    """Under way once result() is called, which returns when all is durable. The keys are those of esmeload that make sense here.
    rate: messages a second; 0: all are due at once."""

    def __init__(self, disk, count, rate):
        self._disk, self._count, self._rate = disk, count, rate

    def result(self, _seconds=0):
        began = time.monotonic()
        waited = sorted(self._waited_s(began))
        took = time.monotonic() - began
        latency_us = {name: waited[int(len(waited) * share)] * 1e6 for name, share in QUANTILES.items()}
        return {"ok": True, "sent": self._count, "statuses": {"ESME_ROK": self._count}, "messages_per_second": self._count / took,
                "latency_us": latency_us}

    def _waited_s(self, began):
        """Of each message."""
        waited, handed = [], range(0)  # handed: the second record of these is to be written
        while len(waited) < self._count:
            first = behind = handed.stop
            if not handed:
                time.sleep(max(0, self._due(began, first) - time.monotonic()))
                behind += 1
            behind = max(behind, self._are_due(time.monotonic() - began))
            self._disk.keep(len(handed) + behind - first)
            now = time.monotonic()
            waited += [now - self._due(began, number) for number in handed]
            handed = range(first, behind)
        return waited

    def _due(self, began, number):
        return began + (number / self._rate if self._rate else 0)

    def _are_due(self, elapsed):
        """How many are, or were."""
        return min(self._count, int(elapsed * self._rate) + 1) if self._rate else self._count


class Disk(running.Running):
    """A file as a segment of a journal: written full of zeros and through to the disk before it is used."""

    def __init__(self, upstream, path):
        super().__init__(upstream, port=0)
        self._file, self._at = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), 0
        for at in range(0, SEGMENT_OCTETS, len(ZEROES)):
            os.pwrite(self._file, ZEROES, at)
        os.fsync(self._file)

    def keep(self, records):
        """Writes and syncs so many; from the file's beginning again where it ends."""
        octets = records * OCTETS_A_RECORD
        if self._at + octets > SEGMENT_OCTETS:
            self._at = 0
        os.pwrite(self._file, b"x" * octets, self._at)
        self._at += octets
        os.fdatasync(self._file)

    def load(self, count=0, seconds=0, rate=0, **_):
        return Load(self, count or int(seconds * rate), rate)

    def close(self):
        os.close(self._file)


@contextlib.contextmanager
def start(folder, upstream, form):
    """In the folder that a hub would have its journal in."""
    path = pathlib.Path(folder) / "disk-alone"
    disk = Disk(upstream, path)
    try:
        yield disk
    finally:
        disk.close()
        path.unlink()
