"""What is looked at while the load runs."""

import dataclasses

import rig
import watching
from comparison import processes


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


def look(daemon, database_pid):
    status, pid = rig.status(daemon), daemon.child.pid
    counters = status["counters"]
    settled = status["settle"]["records_settled"]
    return Look(rig.memory(daemon), watching.descriptors(pid, counters), counters["messages_accepted"], counters["receipts_delivered"],
                counters["kept_messages"], status["journal"]["octets"], max(0, counters["records_offered"] - settled), settled,
                processes.cpu_ns(pid), processes.cpu_ns_of_all(database_pid))


def rates(samples):
    """[(moment, look, accepted a second, receipts a second, lag in s)] of each look but the first: since the one before. The lag is what
    waits for PostgreSQL, in seconds of its own pace."""
    rows = []
    for (before, earlier), (at, now) in zip(samples, samples[1:]):
        took = at - before
        pace = max(1, now.settled - earlier.settled) / took
        rows.append((at, now, (now.accepted - earlier.accepted) / took, (now.receipts - earlier.receipts) / took,
                     now.unsettled / pace))
    return rows


def line(earlier, now, took):
    """Progress."""
    return (f"{now.accepted:,} accepted (+{(now.accepted - earlier.accepted) / took:,.0f}/s), {now.receipts:,} receipts "
            f"(+{(now.receipts - earlier.receipts) / took:,.0f}/s), RSS {now.rss / rig.MIB:.0f} MiB, {now.descriptors} descriptors, "
            f"{now.queued:,} wait for their supplier, journal {now.journal / rig.MIB:.0f} MiB, {now.unsettled:,} records unsettled")
