"""What stands between the generator and the simulator: a table, and how each is started and stopped."""

import contextlib
import dataclasses
import pathlib
import resource
import subprocess
import typing

import rig
from support import children, hub, simulator

from . import disk, kannel, kinds
from .running import ACCOUNT, PREFIX, SESSIONS, TEXT, UNANSWERED_MAX, WINDOW_MAX, Running, RunningHub

HERE = pathlib.Path(__file__).resolve().parent
HAPROXY_SESSIONS, HAPROXY_OWN_DESCRIPTORS = 10_000, 100
NODE_MODULES = rig.ROOT / "tests/system/clients/node/node_modules"


# --- how each is started

@contextlib.contextmanager
def supplier(folder):
    """smscsim with one listener; by its socket it tells its counters while it runs."""
    simulated = simulator.Simulator(folder, control=folder / "smscsim.sock", alpha={"receipt_delay_ms": 20, "receipt_window": 1000})
    try:
        yield simulated
    finally:
        simulated.stop()


@contextlib.contextmanager
def _nothing(folder, upstream, form):
    yield Running(upstream, upstream.ports["alpha"])


@contextlib.contextmanager
def _child(name, command, folder, upstream, port, environment):
    child = children.Child(name, command, folder, environment)
    try:
        child.wait_for_port(port)
        yield Running(upstream, port, child.pid)
    finally:
        child.stop()


def haproxy_sessions_max():
    """Each takes two descriptors, and a few are its own. It does not start with more than it could serve."""
    return min(HAPROXY_SESSIONS, (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - HAPROXY_OWN_DESCRIPTORS) // 2)


@contextlib.contextmanager
def _haproxy(folder, upstream, form):
    port, = children.free_ports(1)
    told = {"COMPARE_LISTEN": str(port), "COMPARE_SUPPLIER": str(upstream.ports["alpha"]), "COMPARE_SESSIONS_MAX": str(haproxy_sessions_max())}
    with _child("haproxy", ["/usr/sbin/haproxy", "-db", "-f", HERE / "haproxy.cfg"], folder, upstream, port, told) as running:
        yield running


@contextlib.contextmanager
def _node(folder, upstream, form):
    port, = children.free_ports(1)
    command = ["node", HERE / "relay.js", port, upstream.ports["alpha"]]
    with _child("node", command, folder, upstream, port, {"NODE_PATH": str(NODE_MODULES)}) as running:
        yield running


def catalog(port):
    """One network, one client, one supplier with as many binds as the client has."""
    return (rig.network_toml(0, PREFIX) + rig.deck_toml("retail", {0: "0.01"}) + rig.deck_toml("cost", {0: "0.005"})
            + rig.client_toml(ACCOUNT, window_requests_max=WINDOW_MAX)
            + rig.supplier_toml("alpha", "cost", port, sessions=SESSIONS, window_requests_max=WINDOW_MAX))


def settings(form):
    """As shipped, but for these. Receipts to a client have as wide a window as its messages, as they have in the quickstart. For one bind of a
    supplier as many may wait as are ever unanswered: nothing of a closed loop is refused, however long the simulator waits for a core."""
    return {"loops": {"count": form.loops}, "routing": {"script": str(HERE / "rule.lua")}, "session": {"window_requests_max": WINDOW_MAX},
            "supplier": {"queue_messages_max": UNANSWERED_MAX}, **form.settings}


@contextlib.contextmanager
def hub_with(described, folder, upstream, form):
    """A hub with a catalog in which a supplier has SESSIONS binds."""
    with rig.installation(folder, settings(form), described) as (database, daemon):
        children.wait_until(lambda: rig.counters(daemon)["binds_smsc"] >= SESSIONS, 60, "the supplier is bound", every=0.1)
        yield RunningHub(upstream, daemon, database.pid, form.receipts)


@contextlib.contextmanager
def _hub(folder, upstream, form):
    with hub_with(catalog(upstream.ports["alpha"]), folder, upstream, form) as running:
        yield running


# --- the table

@dataclasses.dataclass(frozen=True, eq=False)
class Form:
    """One middle. what: for the report; settings: of a hub, and `needs` the one that it must know; loads: the kinds that suit it, in this order;
    between: it stands between generator and simulator, so it costs, and adds to direct's latency; beside: the name of the one right behind which, in
    every repeat, it is measured; smoke: a tiny run has it, for it goes where none of the others does."""
    name: str
    what: str
    start: typing.Callable
    settings: dict = dataclasses.field(default_factory=dict)
    loops: int = 0
    receipts: bool = False
    needs: str = ""
    loads: tuple = kinds.ALL
    between: bool = True
    beside: str = ""
    smoke: bool = True

    @property
    def is_hub(self):
        return self.start is _hub


DIRECT, HAPROXY, DURABLE, DISK = "direct", "HAProxy", "smpphub durable, 2 loops", "the journal's disk alone"
NOTHING_KEPT = {"journal": {"durability": "none"}}


def _hub_forms():
    for loops, number in ((2, "2 loops"), (1, "1 loop")):
        def form(name, what, **more):
            return Form(f"smpphub {name}, {number}", what, _hub, loops=loops, **more)
        yield form("relay", "Lua, LCR and credit; nothing is kept", settings=NOTHING_KEPT, needs="durability", smoke=loops == 1)
        yield form("bare", "LCR and credit, no script; nothing is kept", settings={**NOTHING_KEPT, "routing": {}}, needs="durability", smoke=False)
        yield form("durable", "Lua, LCR, credit, journal, settlement into PostgreSQL", smoke=False)
        if loops == 2:
            yield Form(DISK, f"no hub, no network: {disk.OCTETS_A_RECORD} octets a record into a file as the journal's are, what there is together; two records "
                       "a message, the second when the first is synced, and it has waited until that is too", disk.start, loads=(kinds.STEADY,), between=False, beside=DURABLE)
        yield form("receipts", "the same, with a receipt for every message, from the supplier and to the client", receipts=True, smoke=loops == 2)



FORMS = (
    Form(DIRECT, "nothing: the generator is bound to the simulator", _nothing, between=False),
    Form(HAPROXY, "mode tcp, one thread; it does not look at the bytes", _haproxy),
    *_hub_forms(),
    Form("node-smpp", "a relay of 50 lines on npm's smpp, one session upstream, no routes, nothing kept", _node),
    Form("Kannel", "bearerbox, loaded by fakesmsc, rerouted to its SMPP client: Debian's has no SMPP server; no routes, nothing kept",
         kannel.start, loads=kinds.FLAT_OUT),
)


def chosen(words):
    """Those whose names have one of the words, and what is measured beside them; without words all."""
    return [form for form in FORMS if not words or any(word in name for word in words for name in (form.name, form.beside))]


def known(forms):
    """Those of them that this build has."""
    sample = subprocess.run([hub.BIN / "smpphubd", "--print-sample-config"], capture_output=True, text=True, check=True).stdout
    return [form for form in forms if not form.needs or f"\n#{form.needs} = " in sample]


@contextlib.contextmanager
def started(form):
    """The middle with its simulator, ready for load; all of it is gone afterwards."""
    with rig.folder_of_its_own() as folder, supplier(folder) as upstream, form.start(folder, upstream, form) as running:
        yield running
