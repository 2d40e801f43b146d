"""What is looked at while the load runs."""

import bisect
import dataclasses

import rig
import watching
from comparison import machine, processes


@dataclasses.dataclass(frozen=True)
class Look:
    """One moment. Octets, messages since the start, ns of CPU since the start."""
    rss: int
    descriptors: int
    accepted: int
    receipts: int  # that clients took
    queued: int  # messages of ours that wait in memory for their supplier
    journal: int  # octets of its files
    unsettled: int  # records that PostgreSQL does not have yet
    settled: int
    cpu_ns: int
    database_cpu_ns: int
    core_ticks: tuple  # see machine.core_ticks

    @property
    def offered(self):
        """Records of the journal, for PostgreSQL."""
        return self.settled + self.unsettled


def look(daemon, database_pid):
    status, pid = rig.status(daemon), daemon.child.pid
    counters = status["counters"]
    settled = status["settle"]["records_settled"]
    return Look(rig.memory(daemon), watching.descriptors(pid, counters), counters["messages_accepted"], counters["receipts_delivered"],
                counters["kept_messages"], status["journal"]["octets"], max(0, counters["records_offered"] - settled), settled,
                processes.cpu_ns(pid), processes.cpu_ns_of_all(database_pid), machine.core_ticks())


def rates(samples):
    """[(moment, look, accepted a second, receipts a second, lag in s)] of each look but the first: since the one before."""
    rows = []
    for (before, earlier), (at, now) in zip(samples, samples[1:]):
        took = at - before
        rows.append((at, now, (now.accepted - earlier.accepted) / took, (now.receipts - earlier.receipts) / took, lag_s(samples, at, now)))
    return rows


def lag_s(samples, at, now):
    """How far PostgreSQL is behind at a look: how long ago the newest record that it has was offered. Between two looks records come evenly; what
    was offered before the first counts from there. Not what waits, divided by its pace: that is no time while it stands still."""
    if not now.unsettled:
        return 0.0
    behind = bisect.bisect_right(samples, now.settled, key=lambda sample: sample[1].offered)
    if not behind:
        return at - samples[0][0]
    (since, earlier), (until, later) = samples[behind - 1:behind + 1]
    return at - since - (until - since) * (now.settled - earlier.offered) / (later.offered - earlier.offered)


def line(earlier, now, took):
    """Progress."""
    return (f"{now.accepted:,} accepted (+{(now.accepted - earlier.accepted) / took:,.0f}/s), {now.receipts:,} receipts "
            f"(+{(now.receipts - earlier.receipts) / took:,.0f}/s), RSS {now.rss / rig.MIB:.0f} MiB, {now.descriptors} descriptors, "
            f"{now.queued:,} wait for their supplier, journal {now.journal / rig.MIB:.0f} MiB, {now.unsettled:,} records unsettled")
