"""What must hold under an overload, and the tables that say whether it did."""

import rig

from . import cases

GOODPUT_MIN = 0.95  # of the capacity
REFUSAL_P99_MAX_US = 50_000
P99_MAX_TIMES = 2  # of the normal one
RSS_GROWTH_MAX = 128 * rig.MIB  # four clients with full windows, and what the journal has not written yet
RECOVERY_MAX_S = 5
FAIR_MIN = 0.9  # of what the steady client would have if all clients had the same
SMALL_MIN = 0.98
CPU_MAX_TIMES = 1.15
REFUSALS = {"ESME_RTHROTTLED", "ESME_RMSGQFUL"}


def _p99_times(capacity, run):
    return run.accepted_p99_us / max(1, run.normal_p99_us)


def _of_equal_share(capacity, run):
    return run.steady / (capacity.per_second / len(cases.CLIENTS))


def _others(capacity, run):
    return sum(number for status, number in run.statuses.items() if status not in REFUSALS | {"ESME_ROK"})


def _refused(capacity, run):
    return sum(number for status, number in run.statuses.items() if status in REFUSALS)


ALL, SHEDS, HAS_NO_TIME = "all", "sheds", "has no time"  # cases

# (what, its figure, at most or at least, the bar, format, of which cases, judged in a smoke run)
BARS = (
    ("goodput, of capacity", lambda capacity, run: run.goodput / capacity.per_second, "at least", GOODPUT_MIN, "{:.3f}", SHEDS, False),
    ("hub's CPU of an answer, of that flat out", lambda capacity, run: run.cpu_us / capacity.cpu_us, "at most", CPU_MAX_TIMES, "{:.2f}", HAS_NO_TIME, False),
    ("messages refused", _refused, "at least", 1, "{:,}", SHEDS, True),  # else there was no overload
    ("p99 of refusals", lambda capacity, run: run.refused_us["p99"], "at most", REFUSAL_P99_MAX_US, "{:,.0f} us", SHEDS, False),
    ("refused with another status", _others, "at most", 0, "{:,}", ALL, True),
    ("p99 of accepted, of the normal one", _p99_times, "at most", P99_MAX_TIMES, "{:.2f}", SHEDS, False),
    ("steady client's messages a second, of an equal share", _of_equal_share, "at least", FAIR_MIN, "{:.2f}", SHEDS, False),
    ("small client's messages that were taken", lambda capacity, run: run.small_share, "at least", SMALL_MIN, "{:.3f}", SHEDS, False),
    ("RSS at its peak, over before", lambda capacity, run: run.rss_peak - run.rss_before, "at most", RSS_GROWTH_MAX, "{:,.0f} octets", ALL, True),
    ("recovery", lambda capacity, run: float("inf") if run.recovery_s is None else run.recovery_s, "at most", RECOVERY_MAX_S, "{:.1f} s", SHEDS, False),
    ("clients that gave up", lambda capacity, run: len(run.failures), "at most", 0, "{:,}", ALL, True),
)


def judged(measured, smoke):
    """[(case, factor, what, wanted, measured, holds)]"""
    rows = []
    for case, (capacity, runs) in measured:
        for run in runs:
            for what, figure, sense, bar, shape, of, in_smoke in BARS:
                if of in (ALL, SHEDS if case.sheds else HAS_NO_TIME) and (in_smoke or not smoke):
                    value = figure(capacity, run)
                    rows.append((case.name, run.factor, what, f"{sense} {shape.format(bar)}", shape.format(value),
                                 value <= bar if sense == "at most" else value >= bar))
    return rows


def missed(measured, smoke):
    return [f"{case}, {factor} times: {what} {value}, wanted {wanted}"
            for case, factor, what, wanted, value, holds in judged(measured, smoke) if not holds]


def text(measured, smoke):
    return "\n".join([_what_they_are(measured), _capacities(measured), _overloads(measured), _bars(measured, smoke)])


def _what_they_are(measured):
    return rig.table(["case", "what ends first"], [(case.name, case.what) for case, _ in measured])


def _capacities(measured):
    rows = [(case.name, f"{capacity.per_second:,}", rig.milliseconds(capacity.latency_us["p50"]), rig.milliseconds(capacity.latency_us["p99"]),
             f"{100 * capacity.cpu_share:.0f} %", f"{capacity.cpu_us:.1f}") for case, (capacity, _) in measured]
    return "### Capacity: flat out, closed loop\n\n" + rig.table(["case", "messages/s", "p50", "p99", "hub's CPU, of a core", "us a message"], rows)


def _overloads(measured):
    rows = []
    for case, (capacity, runs) in measured:
        for run in runs:
            refused = sum(number for status, number in run.statuses.items() if status != "ESME_ROK")
            rows.append((f"{case.name}, {run.factor} times", f"{run.offered:,.0f}", f"{run.goodput:,.0f}", f"{refused:,}", f"{run.overdue:,}",
                         rig.milliseconds(run.refused_us["p99"]), rig.milliseconds(run.refused_us["max"]),
                         *(rig.milliseconds(value) for value in (run.normal_p99_us, run.accepted_p99_us, run.slowest_p99_us, run.accepted_us["p50"], run.accepted_us["p99"])),
                         f"{100 * run.steady_share:.0f} %", f"{100 * run.small_share:.1f} %", f"{run.rss_before / rig.MIB:.0f} / {run.rss_peak / rig.MIB:.0f} / {run.rss_after / rig.MIB:.0f}",
                         f"{100 * run.cpu_share:.0f} %", f"{run.cpu_us:.1f}", "not yet" if run.recovery_s is None else f"{run.recovery_s:.1f} s"))
    columns = ["case", "offered/s", "goodput/s", "refused", "overdue", "refusals p99", "max", "normal p99", "accepted p99", "its slowest half second",
               "greedy's accepted p50", "p99", "steady client got", "small one", "RSS MiB before / peak / after", "hub's CPU", "us an answer", "recovery"]
    return "### Overload: open loop\n\n" + rig.table(columns, rows)


def _bars(measured, smoke):
    rows = [(*row[:-1], "yes" if row[-1] else "NO") for row in judged(measured, smoke)]
    return "### What is wanted\n\n" + rig.table(["case", "times", "of what", "wanted", "measured", "holds"], rows)
