"""What stands between the generator and the simulator: a table, and how each is started and stopped."""

import contextlib
import dataclasses
import pathlib
import resource
import subprocess
import typing

import rig
from support import children, hub, simulator

from . import kannel
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
    """One middle. what: for the report; settings: of a hub, and `needs` the one that it must know; paced: esmeload can load it;
    smoke: a tiny run has it, for it goes where none of the others does."""
    name: str
    what: str
    start: typing.Callable
    settings: dict = dataclasses.field(default_factory=dict)
    loops: int = 0
    receipts: bool = False
    needs: str = ""
    paced: bool = True
    smoke: bool = True

    @property
    def is_hub(self):
        return self.start is _hub


NOTHING_KEPT = {"journal": {"durability": "none"}}


def _hub_forms():
    for loops, number in ((2, "2 loops"), (1, "1 loop")):
        def form(name, what, **more):
            return Form(f"smpphub {name}, {number}", what, _hub, loops=loops, **more)
        yield form("relay", "Lua, LCR and credit; nothing is kept", settings=NOTHING_KEPT, needs="durability", smoke=loops == 1)
        yield form("bare", "LCR and credit, no script; nothing is kept", settings={**NOTHING_KEPT, "routing": {}}, needs="durability", smoke=False)
        yield form("durable", "Lua, LCR, credit, journal, settlement into PostgreSQL", smoke=False)
        yield form("receipts", "the same, with a receipt for every message, from the supplier and to the client", receipts=True, smoke=loops == 2)


DIRECT, HAPROXY = "direct", "HAProxy"
FORMS = (
    Form(DIRECT, "nothing: the generator is bound to the simulator", _nothing),
    Form(HAPROXY, "mode tcp, one thread; it does not look at the bytes", _haproxy),
    *_hub_forms(),
    Form("node-smpp", "a relay of 50 lines on npm's smpp, one session upstream, no routes, nothing kept", _node),
    Form("Kannel", "bearerbox, loaded by fakesmsc, rerouted to its SMPP client: Debian's has no SMPP server; no routes, nothing kept",
         kannel.start, paced=False),
)


def known(forms):
    """Those of them that this build has."""
    sample = subprocess.run([hub.BIN / "smpphubd", "--print-sample-config"], capture_output=True, text=True, check=True).stdout
    return [form for form in forms if not form.needs or f"\n#{form.needs} = " in sample]


@contextlib.contextmanager
def started(form):
    """The middle with its simulator, ready for load; all of it is gone afterwards."""
    with rig.folder_of_its_own() as folder, supplier(folder) as upstream, form.start(folder, upstream, form) as running:
        yield running
