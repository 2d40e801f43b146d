"""What a soak found out: bars, tables, plot."""

import dataclasses
import pathlib
import statistics

import rig
import timelines
from comparison import machine, plots

from . import looks, world

HERE = pathlib.Path(__file__).resolve().parent
YARDSTICK = 0.98  # confirmations that the field calls good
GROWTH_SHARE, GROWTH_OCTETS = 1.05, 8 * rig.MIB  # RSS of the last quarter may be so many times that of the second, and so much more
DESCRIPTORS_MORE = 4
OTP_SHARE_MAX, WAITED_US = 0.5, 1_000_000  # of the campaign's p99, OTPs' may be; a campaign whose p99 is below this did not wait
JUDGED_FROM_S = 600  # below, memory is still what the first minutes fill
PLOT_SLICE_S = 10
NOTHING = "NaN"  # a gap of the line
QUANTILES = ("p50", "p99", "p99.9", "max")


@dataclasses.dataclass
class Run:
    """All of it. results, timelines: by client; samples: [(moment, Look)] from began to ended, as long as messages were sent."""
    load: world.Load
    results: dict
    timelines: dict
    samples: list
    began: float
    ended: float
    first: looks.Look
    last: looks.Look  # when PostgreSQL had everything
    supplier: dict  # its counters
    accounts: list
    broken: list
    delivery_us: dict
    database_octets: int

    def total(self, figure):
        return sum(figure(result) for result in self.results.values())

    @property
    def accepted(self):
        return self.total(lambda result: result["statuses"].get("ESME_ROK", 0))

    @property
    def receipts(self):
        return self.total(lambda result: result["receipts"]["came"])

    def quarter(self, number):
        """Looks of the first, second, third, last quarter of the load: 1 to 4."""
        length = (self.ended - self.began) / 4
        return [look for at, look in self.samples if self.began + (number - 1) * length <= at < self.began + number * length]


# --- what is wanted

def _refused(run):
    return run.total(lambda result: result["answered"]) - run.accepted


def _undelivered(run):
    return run.receipts - run.total(lambda result: result["receipts"]["states"].get("DELIVERED", 0))


def _odd(run):
    return run.total(lambda result: result["receipts"]["duplicates"] + result["receipts"]["unknown"] + result["repeated_ids"] + result["missing_ids"])


def _no_more(run, figure, limit):
    """(text, holds) of the last quarter beside the second."""
    second, last = run.quarter(2), run.quarter(4)
    if not second or not last:
        return "too short", None
    before, after = figure(look for look in second), figure(look for look in last)
    return (before, after), after <= limit(before)


def rss_flat(run, figure=statistics.median):
    """(text, holds). figure: of a quarter's looks; the least of them is what stays when no backlog is there."""
    values, holds = _no_more(run, lambda looked: figure(look.rss for look in looked), lambda before: before * GROWTH_SHARE + GROWTH_OCTETS)
    return (values if isinstance(values, str) else "{:.1f} MiB, then {:.1f} MiB".format(*(value / rig.MIB for value in values))), holds


def descriptors_flat(run):
    values, holds = _no_more(run, lambda looked: max(look.descriptors for look in looked), lambda before: before + DESCRIPTORS_MORE)
    return (values if isinstance(values, str) else "{}, then {}".format(*values)), holds


def otp_first(run):
    """(text, holds), by p99 from when a message is ours to its supplier's answer; None: the campaign did not wait."""
    p99 = {name: values[1] for name, values in run.delivery_us.items()}
    if len(p99) < len(world.PRICE):
        return f"messages of {', '.join(p99) or 'nobody'} only", False
    otp, campaign = p99["otp"], p99["promo"]
    return (f"{rig.milliseconds(otp)} and {rig.milliseconds(campaign)}", otp <= OTP_SHARE_MAX * campaign if campaign >= WAITED_US else None)


def told(result):
    """esmeload's result; of one that ended without a word nothing but that."""
    if "sent" in result:
        return result
    nothing = dict.fromkeys(("sent", "answered", "overdue", "connections_lost", "repeated_ids", "missing_ids"), 0)
    return {**nothing, "statuses": {}, "latency_us": dict.fromkeys(QUANTILES, 0), "failure": result["failure"],
            "receipts": {"came": 0, "duplicates": 0, "unknown": 0, "states": {}}}


def gave_up(run):
    """Who, and why, in esmeload's words. Such a client sent less than it should, and its receipts may wait in the hub."""
    return "; ".join(f"{name}: {result['failure']}" for name, result in run.results.items() if result["failure"])


def bars(run):
    """[(what, wanted, measured, holds)]; holds None: not judged."""
    def none(what, number):
        return (what, "0", f"{number:,}", number == 0)
    long_enough = run.load.seconds >= JUDGED_FROM_S
    (rss, rss_holds), (least, least_holds), (descriptors, descriptors_hold) = rss_flat(run), rss_flat(run, min), descriptors_flat(run)
    (first, first_holds), confirmed = otp_first(run), run.receipts / max(1, run.accepted)
    return [
        ("confirmations", f"100 % (the field's yardstick: {YARDSTICK:.0%})", f"{run.receipts:,} of {run.accepted:,}, {confirmed:.4%}",
         run.receipts == run.accepted > 0),
        ("messages sent", f"{run.load.messages:,}", f"{run.total(lambda result: result['sent']):,}",
         run.total(lambda result: result["sent"]) == run.load.messages),
        ("clients that gave up", "none", gave_up(run) or "none", not gave_up(run)),
        none("messages without an answer", run.total(lambda result: result["sent"] - result["answered"])),
        none("messages refused", _refused(run)),
        none("messages due and never sent: windows were full", run.total(lambda result: result["overdue"])),
        none("receipts double, for unknown ids; ids given twice or not at all", _odd(run)),
        none("receipts that do not say DELIVRD", _undelivered(run)),
        none("connections lost", run.total(lambda result: result["connections_lost"])),
        ("submits that the supplier saw", f"{run.accepted:,}, each once", f"{run.supplier['messages']:,}", run.supplier["messages"] == run.accepted),
        ("accounts", "balance = top-up − Σ price × accepted = Σ ledger", f"{sum(a.exact() for a in run.accounts)} of {len(run.results)} exact",
         sum(account.exact() for account in run.accounts) == len(run.results)),
        none("records that PostgreSQL did not get", run.last.unsettled),
        ("OTPs pass the campaign: p99 of either until the supplier's answer", f"at most {OTP_SHARE_MAX} times the campaign's, where that waits", first,
         first_holds),
        ("views of broken invariants with a row", "none", ", ".join(run.broken) or "none", not run.broken),
        ("RSS, median of the second quarter and of the last", f"at most {GROWTH_SHARE:.2f} times and {GROWTH_OCTETS // rig.MIB} MiB more", rss,
         rss_holds if long_enough else None),
        ("RSS, least of the second quarter and of the last", f"at most {GROWTH_SHARE:.2f} times and {GROWTH_OCTETS // rig.MIB} MiB more", least,
         least_holds if long_enough else None),
        ("descriptors (connections where only root may see them), most of the second quarter and of the last", f"at most {DESCRIPTORS_MORE} more", descriptors,
         descriptors_hold if long_enough else None),
    ]


def missed(run):
    return [f"{what}: {measured}, wanted {wanted}" for what, wanted, measured, holds in bars(run) if holds is False]


# --- tables

def text(run):
    return "\n".join([_bars(run), _clients(run), _delivery(run), _accounts(run), _cost(run), _minutes(run)])


def _bars(run):
    words = {True: "yes", False: "NO", None: "not judged"}
    return (f"### What is wanted\n\nMemory and descriptors are judged from {JUDGED_FROM_S // 60} minutes on.\n\n"
            + rig.table(["of what", "wanted", "measured", "holds"], [(*row[:-1], words[row[-1]]) for row in bars(run)]))


def _clients(run):
    rows = [(name, world.class_of(name), f"{result['sent']:,}", f"{result['receipts']['came']:,}",
             *(rig.milliseconds(result["latency_us"][quantile]) for quantile in QUANTILES)) for name, result in run.results.items()]
    return ("### Latency of the answer, from when a message was due\n\n"
            + rig.table(["client", "class", "messages", "receipts", *QUANTILES], rows))


def _delivery(run):
    rows = [(name, *(rig.milliseconds(value) for value in values)) for name, values in run.delivery_us.items()]
    return ("### From the moment when a message is ours to its supplier's answer\n\n"
            f"By PostgreSQL's rows. The supplier takes {world.ANSWER_MS} ms; above {world.HEADROOM} times the rate on average messages wait for its "
            "windows, OTPs first.\n\n" + rig.table(["class", *QUANTILES], rows))


def _accounts(run):
    rows = [(a.name, f"{a.accepted:,}", f"{a.messages:,}", *(f"{value.normalize():f}" for value in (a.wanted, a.usage, a.amount, a.balance, a.ledger)),
             "yes" if a.exact() else "NO") for a in run.accounts]
    return "### Accounts\n\n" + rig.table(["client", "ESME_ROK", "rows", "Σ price × accepted", "usage in the ledger", "Σ rows", "balance",
                                            "Σ ledger", "exact"], rows)


def _cost(run):
    def us(field):
        return f"{(getattr(run.last, field) - getattr(run.first, field)) / 1000 / max(1, run.accepted):.2f}"
    most = max(run.samples, key=lambda sample: sample[1].unsettled)[1]
    lag = max((lag for _, _, _, _, lag in looks.rates(run.samples)), default=0)
    rows = [("CPU of the hub, us a message", us("cpu_ns")), ("CPU of PostgreSQL, us a message", us("database_cpu_ns")),
            ("journal at its largest, MiB", f"{max(look.journal for _, look in run.samples) / rig.MIB:.0f}"),
            ("records that waited for PostgreSQL, at most", f"{most.unsettled:,}"), ("PostgreSQL's lag at most, s", f"{lag:.1f}"),
            ("messages of ours that waited in memory for their supplier, at most", f"{max(look.queued for _, look in run.samples):,}"),
            ("PostgreSQL's octets a message, at the end", f"{run.database_octets / max(1, run.accepted):,.0f}")]
    return "### Cost\n\n" + rig.table(["of what", "is"], rows)


def _slowest(run, names, since, until):
    """p99 of the slowest half second of those clients, in us."""
    return max((timelines.worst_p99_us(timelines.within(run.timelines[name], since, until)) for name in names), default=0)


def _minutes(run):
    rows, rates, ticks = [], looks.rates(run.samples), run.samples[0][1].core_ticks
    for minute in range(-(-run.load.seconds // 60)):
        since, until = run.began + 60 * minute, run.began + 60 * (minute + 1)
        seen = [row for row in rates if since <= row[0] < until]
        if not seen:
            continue
        last = seen[-1][1]
        rows.append((minute + 1, f"{statistics.mean(row[2] for row in seen):,.0f}", f"{statistics.mean(row[3] for row in seen):,.0f}",
                     f"{last.rss / rig.MIB:.1f}", last.descriptors, f"{last.journal / rig.MIB:.0f}", f"{max(row[1].unsettled for row in seen):,}",
                     f"{max(row[4] for row in seen):.1f}", f"{machine.stolen_percent(ticks, last.core_ticks):.1f}",
                     f"{max(row[1].queued for row in seen):,}",
                     *(rig.milliseconds(_slowest(run, names, since, until)) for names in _by_class())))
        ticks = last.core_ticks
    columns = ["minute", "accepted/s", "receipts/s", "RSS MiB", "descriptors", "journal MiB", "unsettled records, most", "lag s, most", "stolen %",
               "waiting for the supplier, most", "campaign: p99 of the slowest half second", "OTP: the same"]
    return "### Minute by minute\n\n" + rig.table(columns, rows)


def _by_class():
    return (world.CAMPAIGN[0],), tuple(account[0] for account in world.OTP)


# --- the plot

def draw(run, path):
    lines = ["# hub"]
    for at, look, accepted, receipts, lag in looks.rates(run.samples):
        cells = ((at - run.began) / 60, look.rss / rig.MIB, look.descriptors, look.journal / rig.MIB, lag, accepted, receipts)
        lines.append("\t".join(f"{cell:.4f}" for cell in cells))
    for title, names in zip(("campaign", "otp"), _by_class()):
        lines += ["", "", f"# {title}"]
        for number in range(-(-run.load.seconds // PLOT_SLICE_S)):
            since = run.began + number * PLOT_SLICE_S
            slowest = _slowest(run, names, since, since + PLOT_SLICE_S)
            lines.append(f"{(number + 1) * PLOT_SLICE_S / 60:.4f}\t{slowest / 1000 if slowest else NOTHING}")
    plots.draw(HERE / "soak.gp", lines, path)
