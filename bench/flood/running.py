"""One case: capacity, normal life, overload by each factor, recovery."""

import dataclasses
import time

import rig
import timelines
from comparison import processes
from support import children, simulator
from watching import Watch

from . import cases

STEADY_SHARE, SMALL_SHARE = 0.8, 0.1  # of the capacity, that these clients offer to the end
FLAT_OUT_S, NORMAL_S, AFTERWARDS_S = 5, 5, 10
SMOKE_S = 2  # of each of these, in a smoke run
LOOK_EVERY_S = 0.2
BEGINNING_S = 3  # of an overload: queues take up a burst, and drain; a smoke run has half a second of it
RATE_BACK = 0.95  # of its rate, that the steady client must have again
RESULT_S = 120


@dataclasses.dataclass
class Capacity:
    per_second: float
    latency_us: dict
    cpu_share: float  # of a core, that the hub had
    cpu_us: float  # of the hub, a message


@dataclasses.dataclass
class Overload:
    factor: int
    offered: float  # messages a second, with the steady client's
    goodput: float
    steady: float  # messages of the steady client that were accepted a second,
    steady_share: float  # and of those that it offered
    small_share: float  # the same of the small one
    statuses: dict  # what the greedy ones heard
    refused_us: dict
    accepted_us: dict  # of greedy clients, the worst of them, from the first message on
    accepted_p99_us: int  # of the client whose it is worst, the median half second behind the beginning
    slowest_p99_us: int  # and the slowest half second of anybody
    overdue: int  # due and never sent: the client's own windows were full
    normal_p99_us: int
    rss_before: int
    rss_peak: int
    rss_after: int
    cpu_share: float
    cpu_us: float  # of the hub, an answer
    recovery_s: float  # None: not while we looked
    failures: list


class Bench:
    """One hub with its supplier, under one case."""

    def __init__(self, case, options, folder, daemon):
        self.case, self.folder, self.daemon = case, folder, daemon
        self.overload_s = options.seconds
        self.beginning_s = 0.5 if options.smoke else BEGINNING_S
        self.flat_out_s, self.normal_s, self.afterwards_s = [SMOKE_S] * 3 if options.smoke else [FLAT_OUT_S, NORMAL_S, AFTERWARDS_S]

    def load(self, account, name, **options):
        load = rig.Load(self.daemon.port, account, sessions=cases.SESSIONS, dest_prefix=cases.PREFIX, timeline=self.folder / f"{name}.jsonl",
                        **options)
        return load, self.folder / f"{name}.jsonl"

    def cpu_seconds(self):
        return processes.cpu_ns(self.daemon.child.pid) / 1e9

    def capacity(self):
        """Closed loop. The first run warms up."""
        for seconds in (1, self.flat_out_s):
            before, began = self.cpu_seconds(), time.monotonic()
            load, _ = self.load(cases.STEADY, "flat-out", window=self.case.flat_out_window, seconds=seconds)
            result = load.result(RESULT_S)
            if not result["ok"] or set(result["statuses"]) != {"ESME_ROK"}:
                raise SystemExit(f"FAILED: {self.case.name}, flat out: {result}")
        cpu = self.cpu_seconds() - before
        share = cpu / (time.monotonic() - began)
        rig.say(f"{self.case.name}: capacity {result['messages_per_second']:,} messages/s")
        return Capacity(result["messages_per_second"], result["latency_us"], share, cpu * 1e6 / sum(result["statuses"].values()))

    def greedy(self, factor, capacity):
        """[(load, timeline)] of those who offer what is missing to the factor."""
        rate = int((factor - STEADY_SHARE - SMALL_SHARE) * capacity / len(cases.GREEDY))
        return [self.load(account, f"{account[0]}-{factor}", window=cases.WINDOW_MAX, rate=rate, seconds=self.overload_s)
                for account in cases.GREEDY]

    def overload(self, factor, capacity):
        lasting = [self.load(account, f"{account[0]}-{factor}", window=cases.WINDOW_MAX, rate=int(share * capacity), seconds=86_400)
                   for account, share in ((cases.STEADY, STEADY_SHARE), (cases.SMALL, SMALL_SHARE))]
        watch = Watch(lambda: rig.memory(self.daemon), LOOK_EVERY_S).start()
        time.sleep(self.normal_s)
        cpu, began = self.cpu_seconds(), time.monotonic()
        greedy = self.greedy(factor, capacity)
        results = [load.result(self.overload_s + RESULT_S) for load, _ in greedy]
        cpu, took = self.cpu_seconds() - cpu, time.monotonic() - began
        rig.say(f"{self.case.name}: {factor} times for {self.overload_s} s; afterwards")
        time.sleep(self.afterwards_s)
        last = [load.end(RESULT_S) for load, _ in lasting]
        watch.stop()
        calm, floods = [timelines.rows(path) for _, path in lasting], [timelines.rows(path) for _, path in greedy]
        return self.judged(factor, capacity, calm, floods, results, last, watch, began, cpu, took)

    def judged(self, factor, capacity, calm, floods, results, last, watch, began, cpu, took):
        steady, small = calm
        rate = int(STEADY_SHARE * capacity)
        begun = min((timelines.answered(flood)[0]["from_us"] / 1e6 for flood in floods if timelines.answered(flood)), default=began)
        over = begun + self.overload_s
        meanwhile = [timelines.within(rows, begun + self.beginning_s, over) for rows in (*calm, *floods)]
        normal = timelines.within(timelines.answered(steady)[1:], 0, began)
        normal_p99 = timelines.usual_p99_us(normal)
        answers = timelines.answers(timelines.within([*steady, *small], began, began + took)) + sum(map(timelines.answers, floods))
        accepted = [timelines.accepted_per_second(rows) for rows in meanwhile]
        return Overload(
            factor, factor * capacity, sum(accepted), accepted[0], accepted[0] / rate, accepted[1] / int(SMALL_SHARE * capacity), added(result["statuses"] for result in results),
            worst(result["refused_latency_us"] for result in results), worst(result["accepted_latency_us"] for result in results),
            max(timelines.usual_p99_us(rows) for rows in meanwhile), max(timelines.worst_p99_us(rows) for rows in meanwhile), sum(result["overdue"] for result in results), normal_p99,
            watch.between(0, began)[-1], max(watch.between(began, over + 1)), watch.samples[-1][1], cpu / took, cpu * 1e6 / max(1, answers),
            recovery_s([row for row in steady if row["from_us"] / 1e6 >= over], over, rate, normal_p99),
            [result["failure"] or str(result["statuses"]) for result in (*results, *last) if not result["ok"]])


def worst(latencies):
    """Of each quantile the largest of them."""
    latencies = list(latencies)
    return {quantile: max(each[quantile] for each in latencies) for quantile in latencies[0]}


def added(counts):
    total = {}
    for count in counts:
        for name, number in count.items():
            total[name] = total.get(name, 0) + number
    return total


def recovery_s(rows, over, rate, normal_p99_us):
    """From the end of the overload to the beginning of the first whole second that is as it was before; None: there was none."""
    def as_before(row):
        seconds = (row["to_us"] - row["from_us"]) / 1e6
        return row["p99_us"] <= 2 * normal_p99_us and row["accepted"] >= RATE_BACK * rate * seconds and not row["refused"]
    for row, following in zip(rows, rows[1:]):
        if as_before(row) and as_before(following):
            return row["from_us"] / 1e6 - over
    return None


def measure(case, options):
    """(Capacity, [Overload])"""
    with rig.folder_of_its_own() as folder:
        supplier = simulator.Simulator(folder, alpha=case.supplier)
        try:
            with rig.installation(folder, cases.settings(case), cases.catalog(case, supplier.ports["alpha"]), credit_wait_ms=None) as (_, daemon):
                children.wait_until(lambda: rig.counters(daemon)["binds_smsc"] == cases.SESSIONS, 60, "the supplier is bound", every=0.1)
                bench = Bench(case, options, folder, daemon)
                capacity = bench.capacity()
                factors = case.factors[-1:] if options.smoke else case.factors
                return capacity, [bench.overload(factor, capacity.per_second) for factor in factors]
        finally:
            supplier.stop()
