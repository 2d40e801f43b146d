"""What processes used so far, as the kernel counts it."""

import contextlib
import os
import pathlib
import time

CPUCLOCK_SCHED = 2  # linux/posix-timers.h: what the scheduler gave it, in ns, threads that ended included


def cpu_ns(pid):
    """Of one process, from its start on."""
    return time.clock_gettime_ns(~pid << 3 | CPUCLOCK_SCHED)


def with_children(pid):
    """Its pid and those below it that live."""
    pids = [pid]
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            for child in path.read_text().split():
                pids += with_children(int(child))
    return pids


def reaped_ns(pid):
    """Of those below it that ended, and were waited for: a backend of PostgreSQL, a worker of autovacuum. In steps of a tick, 10 ms."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[13:15]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def cpu_ns_of_all(pid):
    """Of a process and those below it, those included that ended."""
    total = reaped_ns(pid)
    for one in with_children(pid):
        with contextlib.suppress(OSError):
            total += cpu_ns(one)
    return total


def rss_octets(pid):
    """Of a process and those below it; what they share counts for each, and of one that ended meanwhile nothing."""
    total = 0
    for one in with_children(pid):
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{one}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
    return total
