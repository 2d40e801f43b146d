"""One campaign: an installation of its own, faults in a row under load, then silence, a clean end, and the checker."""

import dataclasses
import random
import sys
import threading
import time

import books
import checker
import faults
import rig as rigs
from case import Violation
from disk import SmallDisk

PROGRESS_S = 3
END_S = 60  # for a clean end
PEAK_MIB_MAX = 1024  # of the hub's memory, whatever breaks


@dataclasses.dataclass
class Campaign:
    name: str
    steps: list            # (name of a fault, its extent or None)
    rate: float = 1500.0   # messages a second
    seed: int = 1
    small: bool = True     # batches and segments; else they are as the hub has them by default


@dataclasses.dataclass
class Result:
    campaign: Campaign
    seconds: float = 0.0
    steps_done: int = 0
    numbers: dict = dataclasses.field(default_factory=dict)  # of the checker, and of the run
    notes: list = dataclasses.field(default_factory=list)
    violations: list = dataclasses.field(default_factory=list)
    folder: str = ""       # kept, when something is wrong


class Progress:
    """A line every few seconds, on stderr."""

    def __init__(self):
        self._began = time.monotonic()
        self._now = None  # (result, rig, what)
        threading.Thread(target=self._run, name="progress", daemon=True).start()

    def at(self, result, rig, what):
        self._now = (result, rig, what)

    def rest(self):
        """Between two campaigns."""
        self._now = None

    def _run(self):
        while True:
            time.sleep(PROGRESS_S)
            if self._now is not None:
                self._tell(*self._now)

    def _tell(self, result, rig, what):
        seconds = int(time.monotonic() - self._began)
        print(f"[{seconds // 60}:{seconds % 60:02}] {result.campaign.name}: {result.steps_done}/{len(result.campaign.steps)} "
              f"{what}; {len(rig.seen.submits)} sent, {rig.seen.accepted()} ok, {rig.seen.receipts_read} receipts, "
              f"{rig.hub.deaths} deaths", file=sys.stderr, flush=True)


def run(campaign, progress):
    """Never raises for what the hub does wrong: that is a violation like any other."""
    began, result = time.monotonic(), Result(campaign)
    needs_disk = any(faults.FAULTS[name].needs_disk for name, _ in campaign.steps)
    rig = rigs.Rig(campaign.seed, campaign.rate, SmallDisk if needs_disk else None, campaign.small)
    keep = True
    try:
        if _started(rig, result):
            _run_steps(rig, result, progress)
            result.violations += _judge(rig, result, progress)
        keep = bool(result.violations)
    finally:
        progress.rest()
        rig.stop(keep)
    result.folder = str(rig.folder) if keep else ""
    result.notes, result.seconds = rig.notes, time.monotonic() - began
    return result


def _started(rig, result):
    try:
        rig.start()
        return True
    except AssertionError as wrong:
        result.violations.append(Violation("fault", "start", str(wrong)))
        return False


def _run_steps(rig, result, progress):
    rng = random.Random(result.campaign.seed)
    for step, extent in result.campaign.steps:
        progress.at(result, rig, step)
        fault = faults.FAULTS[step]
        try:
            fault.do(rig, rng, fault.extent if extent is None else extent)
        except AssertionError as wrong:
            result.violations.append(Violation("fault", step, str(wrong)))
            return
        result.steps_done += 1


def _judge(rig, result, progress):
    """Drains, ends the hub, looks at everything."""
    violations, drain_seconds, peak = [], 0.0, 0
    try:
        rig.heal()
        progress.at(result, rig, "drain")
        drain_seconds = rig.drain()
        rig.traffic.run(rig.load.give_up)
        peak = rig.peak_mib()
        if peak > PEAK_MIB_MAX:
            violations.append(Violation("memory", "smpphubd", f"has had {peak} MiB, at most {PEAK_MIB_MAX}"))
        if code := rig.hub.stop(seconds=END_S):
            violations.append(Violation("end", "smpphubd", f"ended with {code} when told to end"))
    except AssertionError as wrong:
        violations.append(Violation("end", "smpphubd", str(wrong)))
    progress.at(result, rig, "check")
    found, counts = checker.check(rig.seen, books.read(rig.postgres))
    result.numbers = {**_numbers(rig), "seconds to drain": round(drain_seconds, 1),
                      "MiB of memory, the last hub's peak": peak, **dict(sorted(counts.items()))}
    return violations + found


def _numbers(rig):
    seen = rig.seen
    starts = sorted(rig.hub.start_seconds)
    return {"messages sent": len(seen.submits), "answered ESME_ROK": seen.accepted(),
            "refused": sum(seen.statuses.values()) - seen.accepted(),
            "never answered, connection lost": sum(s.status is None for s in seen.submits),
            "submits at suppliers": seen.submits_read, "receipts at clients": seen.receipts_read,
            "deaths of the hub": rig.hub.deaths,
            "seconds from start to open port, median": round(starts[len(starts) // 2], 3) if starts else 0,
            "the same, worst": round(starts[-1], 3) if starts else 0}
