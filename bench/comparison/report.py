"""The tables of bench/compare."""

import statistics

import rig

from . import kinds, measure, middles
from .kinds import NARROW, STEADY, WIDE
from .measure import QUANTILES

NONE = "-"
STOLEN = "stolen %"  # of the cores' time that was wanted, by the hypervisor: what others had of this machine


class Column:
    """Samples of one form and kind, each figure as the median of its repeats."""

    def __init__(self, samples):
        self._samples = samples

    def __bool__(self):
        return bool(self._samples)

    def all_of(self, figure):
        return [getattr(sample, figure) for sample in self._samples]

    def median(self, figure):
        return statistics.median(self.all_of(figure))

    def latency_ms(self, quantile):
        """None when nobody measured it."""
        if not self or self._samples[0].latency_us is None:
            return None
        return statistics.median(sample.latency_us[quantile] for sample in self._samples) / 1000

    def latencies_ms(self, quantile):
        """Of each repeat."""
        return [sample.latency_us[quantile] / 1000 for sample in self._samples]


class Figures:
    def __init__(self, samples):
        self.samples = samples
        self.forms = list(samples)

    def of(self, form, kind):
        return Column(self.samples[form].get(kind, []))

    def named(self, name, kind):
        """Of the form of that name; empty when it was not measured."""
        return next((self.of(form, kind) for form in self.forms if form.name == name), Column([]))


def spread(values, digits):
    """Median (least–most)."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def milliseconds(value):
    return NONE if value is None else f"{value:.2f}"


def against(column, other, figure, digits=2):
    """Ratio of the medians."""
    if not column or not other or not other.median(figure):
        return NONE
    return f"{column.median(figure) / other.median(figure):.{digits}f}"


# --- the tables

def what_they_are(figures):
    return rig.table(["middle", "what it is"], [(form.name, form.what) for form in figures.forms])


def flat_out(figures, kind):
    direct, haproxy = (figures.named(name, kind) for name in (middles.DIRECT, middles.HAPROXY))
    rows = []
    for form in figures.forms:
        own = figures.of(form, kind)
        if not own:
            continue
        rows.append((form.name, spread(own.all_of("per_second"), 0), against(own, direct, "per_second", 3), against(own, haproxy, "per_second", 3),
                     spread(own.all_of("cpu_us"), 2) if form.between else NONE, against(own, haproxy, "cpu_us", 1) if form.between else NONE,
                     f"{own.median('database_us'):.2f}" if own.median("database_us") else NONE,
                     f"{own.median('letters'):.2f}" if form.is_hub else NONE,
                     *(milliseconds(own.latency_ms(q)) for q in QUANTILES), f"{own.median('rss_octets') / rig.MIB:.0f}" if form.between else NONE,
                     spread(own.all_of("stolen"), 1)))
    columns = ["middle", "messages/s", "of direct", "of HAProxy", "CPU us/message", "times HAProxy's", "PostgreSQL's us/message", "letters/message",
               *(f"{q} ms" for q in QUANTILES), "RSS MiB", STOLEN]
    return f"### Flat out, {kind.name}\n\n" + rig.table(columns, rows)


def paced(figures, kind):
    direct = figures.named(middles.DIRECT, kind)
    rows = []
    for form in figures.forms:
        own = figures.of(form, kind)
        if not own:
            continue
        same_rate = direct and kind.rate and form.between
        added = own.latency_ms("p99") - direct.latency_ms("p99") if same_rate else None
        rows.append((form.name, f"{own.median('per_second'):,.0f}", *(spread(own.latencies_ms(q), 2) if own.latency_ms(q) is not None else NONE for q in QUANTILES),
                     milliseconds(added), f"{own.median('cpu_us'):.2f}" if form.between else NONE, spread(own.all_of("stolen"), 1)))
    return f"### {kind.name[0].upper()}{kind.name[1:]}\n\n" + rig.table(
        ["middle", "messages/s", *(f"{q} ms" for q in QUANTILES), "p99 over direct's", "CPU us/message", STOLEN], rows)


# --- what is wanted

JSMPP_PER_SECOND = 33_000  # a relay on jSMPP at window 1000, measured elsewhere on such a machine: Debian has no jSMPP


def _cpu(name, kind):
    return lambda figures: figures.named(name, kind).median("cpu_us")


def _rate(name, kind):
    return lambda figures: figures.named(name, kind).median("per_second")


def _share_of_haproxy(name, kind):
    return lambda figures: figures.named(name, kind).median("per_second") / figures.named(middles.HAPROXY, kind).median("per_second")


def _times_jsmpp(name, kind):
    return lambda figures: figures.named(name, kind).median("per_second") / JSMPP_PER_SECOND


def _added_p99(name):
    return lambda figures: figures.named(name, STEADY).latency_ms("p99") - figures.named(middles.DIRECT, STEADY).latency_ms("p99")


def _added_p99_range(figures, name):
    """(least, most) over direct's that two of their repeats have."""
    own, direct = (figures.named(form, STEADY).latencies_ms("p99") for form in (name, middles.DIRECT))
    return min(own) - max(direct), max(own) - min(direct)


def _p99(name):
    return lambda figures: figures.named(name, STEADY).latency_ms("p99")


RELAY, RELAY_ALONE, RECEIPTS = "smpphub relay, 2 loops", "smpphub relay, 1 loop", "smpphub receipts, 2 loops"
# As many digits as decide: 2.503 us is more than 2.5.
MICROSECONDS, MILLISECONDS = "{:.3f} us", "{:.3f} ms"
# (middle, what, its figure, the middles that it needs besides, "at most" or "at least", the bar, format); a bar of None: told, not judged
BARS = (
    (RELAY, "CPU a message, window 1000", _cpu(RELAY, WIDE), (), "at most", 1.5, MICROSECONDS),
    (RELAY, "CPU a message, window 50", _cpu(RELAY, NARROW), (), "at most", 2.5, MICROSECONDS),
    (RELAY_ALONE, "messages/s of HAProxy's, window 1000", _share_of_haproxy(RELAY_ALONE, WIDE), (middles.HAPROXY,), "at least", 0.12, "{:.3f}"),
    (RELAY_ALONE, f"messages/s of a jSMPP relay's {JSMPP_PER_SECOND:,} (measured elsewhere, not here), window 1000", _times_jsmpp(RELAY_ALONE, WIDE), (),
     "at least", 15, "{:.3f} times"),
    (RECEIPTS, "CPU a message, window 1000", _cpu(RECEIPTS, WIDE), (), "at most", 6, MICROSECONDS),
    (RECEIPTS, "messages/s to the last receipt, window 1000", _rate(RECEIPTS, WIDE), (), "at least", 40_000, "{:,.0f}"),
    (RELAY, "p99 over direct's at 1,000/s, window 10", _added_p99(RELAY), (middles.DIRECT,), "at most", 0.5, MILLISECONDS),
    (middles.DURABLE, "p99 over direct's at 1,000/s, window 10", _added_p99(middles.DURABLE), (middles.DIRECT,), "at most", 3, MILLISECONDS),
    (middles.DISK, "p99 at 1,000/s, in the same minutes", _p99(middles.DISK), (), "", None, MILLISECONDS),
)


def judged(value, sense, bar, shape, extremes=()):
    """(wanted, measured, holds), as text. extremes: what the figure is by other repeats; where they disagree about the bar, nobody knows."""
    if bar is None:
        return NONE, shape.format(value), NONE
    verdicts = {one <= bar if sense == "at most" else one >= bar for one in (value, *extremes)}
    verdict = ("yes" if verdicts.pop() else "NO") if len(verdicts) == 1 else "no verdict: {} to {} by repeats".format(*map(shape.format, extremes))
    return f"{sense} {shape.format(bar)}", shape.format(value), verdict


def bars(figures):
    names = {form.name for form in figures.forms}
    rows = []
    for name, what, figure, needs, sense, bar, shape in BARS:
        if {name, *needs} <= names:
            extremes = _added_p99_range(figures, name) if middles.DIRECT in needs else ()
            rows.append((name, what, *judged(figure(figures), sense, bar, shape, extremes)))
    return "### What is wanted\n\n" + rig.table(["middle", "of what", "wanted", "measured", "holds"], rows) if rows else ""


def disturbed(samples):
    """How often the hypervisor was in the way."""
    loads = [sample for kinds_of in samples.values() for of_kind in kinds_of.values() for sample in of_kind]
    again, still = sum(load.tries > 1 for load in loads), sum(load.stolen > measure.STOLEN_MAX for load in loads)
    return (f"A load of which the hypervisor took more than {measure.STOLEN_MAX:.0f} % is measured again, {measure.TRIES} times in all, and the least disturbed counts: "
            f"{again} of {len(loads)} were, and {still} had more all the same.")


def text(samples):
    figures = Figures(samples)
    return "\n".join([what_they_are(figures), *(flat_out(figures, kind) for kind in kinds.FLAT_OUT),
                      *(paced(figures, kind) for kind in kinds.PACED), bars(figures)])
