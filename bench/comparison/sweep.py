"""What a message costs the more sessions there are, and the larger the tables: CPU of the middle in the midst of a load."""

import dataclasses
import statistics
import time
import typing

import rig
from support import children

from . import catalogs, middles, running

WINDOW = 1000  # of each of the four that load while tables grow
BINDS_PER_SECOND = 1000
LOAD_S = 3600  # longer than any: it is ended
APPLY_S = 1800
WARM_S = 1
STILL_S = 30  # a load of which nothing arrives for so long has stopped
SMOKE_SESSIONS = (1, 10)


@dataclasses.dataclass(frozen=True)
class Axis:
    """Something of which there is more and more. load: options of esmeload; binds: at suppliers, when there are so many of it; smoke:
    the sizes of a tiny run, for what none of the others goes through."""
    curve: str
    sizes: tuple
    catalog: typing.Callable
    load: dict = dataclasses.field(default_factory=dict)
    binds: typing.Callable = lambda size: running.SESSIONS
    smoke: tuple = (10, 100)


def _each_supplier(size):
    return size - 1 + running.SESSIONS


SESSIONS = (1, 10, 100, 1_000, 10_000)
TABLES = (
    Axis("prefixes", (10, 100, 1_000, 10_000, 100_000, 1_000_000), catalogs.for_prefixes, {"dest_prefix": catalogs.COUNTRY, "scatter": True}),
    Axis("suppliers that all price", (10, 100, 1_000), catalogs.for_suppliers_that_all_price, binds=_each_supplier, smoke=()),
    Axis("suppliers of whom ten price", (10, 100, 1_000), catalogs.for_suppliers_of_whom_ten_price, binds=_each_supplier, smoke=(10, 12)),
    Axis("clients", (1, 10, 100, 1_000, 10_000), catalogs.for_clients),
)


@dataclasses.dataclass(frozen=True)
class Point:
    """apply_s: what hubctl apply took to bring the tables to this size; None where they did not grow."""
    size: int
    cpu_us: tuple
    per_second: float
    rss_octets: int
    apply_s: float = None

    def drawn(self):
        return self.size, statistics.median(self.cpu_us), min(self.cpu_us), max(self.cpu_us)


def point(size, middle, loads, options, apply_s=None):
    """Measures slices of the loads, which all run, and ends them."""
    time.sleep(min(WARM_S, options.seconds))
    costs, rates = [], []
    for _ in range(options.repeats):
        (cpu, _), messages, began = middle.cpu_ns(), middle.arrived(), time.monotonic()
        time.sleep(options.seconds)
        children.wait_until(lambda: middle.arrived() > messages, STILL_S, f"at {size} something arrives")
        (after, _), more, took = middle.cpu_ns(), middle.arrived() - messages, time.monotonic() - began
        costs.append((after - cpu) / 1000 / more)
        rates.append(more / took)
    made = Point(size, tuple(costs), statistics.median(rates), middle.rss_octets(), apply_s)
    for load in loads:
        result = load.end(running.SETTLED_S)
        if not result["ok"] or set(result["statuses"]) != {"ESME_ROK"}:
            raise SystemExit(f"FAILED: a load at {size}: {result}")
    return made


def told(curve, made):
    rig.say(f"{curve}, {made.size:,}: {statistics.median(made.cpu_us):.2f} us CPU a message, {made.per_second:,.0f} messages/s"
            + (f", applied in {made.apply_s:.1f} s" if made.apply_s else ""))
    return made


# --- sessions

def of_sessions(size, middle, options):
    """A point with so many binds, of as many clients as it takes."""
    before, shares = middle.sessions(), catalogs.accounts(size)
    loads = [middle.load(account=account, sessions=share, window=max(1, running.UNANSWERED_MAX // size), seconds=LOAD_S,
                         binds_per_second=BINDS_PER_SECOND // len(shares)) for account, share in shares]
    children.wait_until(lambda: middle.sessions() == before + size, 60 + 2 * size / BINDS_PER_SECOND, f"{size} sessions are bound", every=0.2)
    made = point(size, middle, loads, options)
    children.wait_until(lambda: middle.sessions() == before, 60, "all have gone", every=0.2)
    middle.settle()
    return made


def sessions(form, sizes, options):
    """{curve: points}, of HAProxy and of the hub in turn."""
    curves = {"sessions of HAProxy": [], "sessions of the hub": []}
    haproxy = next(one for one in middles.FORMS if one.name == middles.HAPROXY)

    def hub(folder, upstream, of):
        return middles.hub_with(catalogs.for_sessions(sizes[-1], upstream.ports["alpha"]), folder, upstream, of)
    with middles.started(haproxy) as proxy, middles.started(dataclasses.replace(form, start=hub)) as smpphub:
        for size in sizes:
            for curve, middle in zip(curves, (proxy, smpphub)):
                curves[curve].append(told(curve, of_sessions(size if middle is smpphub else min(size, middles.haproxy_sessions_max()), middle, options)))
    return curves


# --- tables

def grow(middle, described):
    """Seconds that it took."""
    began = time.monotonic()
    middle.daemon.apply(described, seconds=APPLY_S)
    return time.monotonic() - began


def of_table(axis, form, sizes, options):
    """Points of one hub whose tables grow while it runs."""
    def hub(folder, upstream, of):
        return middles.hub_with(axis.catalog(sizes[0], upstream.ports["alpha"]), folder, upstream, of)
    points = []
    with middles.started(dataclasses.replace(form, start=hub)) as middle:
        for size in sizes:
            apply_s = grow(middle, axis.catalog(size, middle.upstream.ports["alpha"])) if points else None
            children.wait_until(lambda: rig.counters(middle.daemon)["binds_smsc"] == axis.binds(size), 120, "all suppliers are bound", every=0.2)
            loads = [middle.load(**{"window": WINDOW, "seconds": LOAD_S, **axis.load})]
            before = middle.arrived()
            children.wait_until(lambda: middle.arrived() > before, 60, "the load is under way")
            points.append(told(axis.curve, point(size, middle, loads, options, apply_s)))
            middle.settle()
    return points


# --- all of it

def form_of_sweep():
    """The first form of a hub that this build has: the one that keeps least, for what grows is not what is kept."""
    return next(form for form in middles.known(middles.FORMS) if form.is_hub)


def all_curves(options):
    """{curve: points}, of those that --only names"""
    form = form_of_sweep()

    def wanted(curve):
        return not options.only or any(word in curve for word in options.only)
    curves = sessions(form, SMOKE_SESSIONS if options.smoke else SESSIONS, options) if wanted("sessions") else {}
    for axis in TABLES:
        sizes = axis.smoke if options.smoke else axis.sizes
        if wanted(axis.curve) and sizes:
            curves[axis.curve] = of_table(axis, form, sizes, options)
    return curves


def text(curves):
    parts = []
    for curve, points in curves.items():
        rows = [(f"{made.size:,}", f"{statistics.median(made.cpu_us):.2f} ({min(made.cpu_us):.2f}–{max(made.cpu_us):.2f})",
                 f"{made.per_second:,.0f}", f"{made.rss_octets / rig.MIB:.0f}", f"{made.apply_s:.1f}" if made.apply_s else "-") for made in points]
        parts.append(f"### {curve[0].upper()}{curve[1:]}\n\n"
                     + rig.table(["of them", "CPU us/message", "messages/s", "RSS MiB", "hubctl apply, s"], rows))
    return "\n".join(parts)
