"""The table of faults: what is done to a hub under load, and what must be seen meanwhile.

A fault gets the rig, a random source of its own, and its extent: mostly the seconds it shall last. It ends with messages
flowing again.
"""

import dataclasses
import pathlib
import re
import signal
import time
import typing

import load
import paths
import world
from support import children

FREE = [n.prefix for n in world.NETWORKS if n.price == "0"]
ALL = [n.prefix for n in world.NETWORKS]
SETTLE_S = 60      # after PostgreSQL is back,
SETTLE_SMALL_S = 300  # with the small batches of the smoke form, on any machine
WARM = 5000        # messages, before memory is measured
GROWTH_MIB_MAX = 64
SLOWEST = 200      # receipts a second: slower is not waited for
MIXED_S = 10       # of an outage: until then leases are spent
DEATH_S = 120      # a slow machine passes a place seldom
FULL_S = 60        # until a full disk is felt
WAITS_S = 60       # until a receipt waits for a client that is gone
ENDS_BLIND_S = 10  # past its drain time, when PostgreSQL says nothing: connections that nobody answers are given up
QUEUE_FULL = 0x14  # ESME_RMSGQFUL
FRAME_MAX = 4096   # a frame of these messages is shorter: so far before the wrong octet may the named one be
# Points that only a start passes, with something in the journal to recover.
AT_START = re.compile(r"^recover_")
# Points that a second of load passes thousands of times: the n-th pass may be any of the first so many.
PASSES_MAX = {"journal": 200, "relay": 300, "settle": 5, "recover": 1}
RARE = {"journal_new_segment": 4, "relay_retry_scheduled": 5}
# Points that each start passes once: the passes under load come after that.
PASSED_BY_START = ("journal_new_segment",)


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    what: str
    do: typing.Callable  # (rig, rng, extent)
    extent: float = 0.0  # how long, or how much, unless a plan says otherwise
    needs_disk: bool = False


def crash_points():
    """Names in server/base/crash_point.def, in its order."""
    return re.findall(r"^CRASH_POINT\((\w+),", paths.CRASH_POINTS.read_text(), re.MULTILINE)


def nothing(rig, _rng, seconds):
    time.sleep(seconds)
    rig.await_flow()


# -- kill -9

def _feed_the_poor(rig, rng):
    """Another crumb of credit, so that the limit is reached again."""
    for client in world.POOR:
        if rng.random() < 0.5:
            rig.topup(client, f"{rng.uniform(0.1, 1.0):.9f}")


def kill(rig, rng, _seconds):
    time.sleep(rng.uniform(0.05, 0.8))
    rig.hub.kill()
    if rng.random() < 0.15:  # again, before it serves
        child = rig.hub.child = rig.hub.launch()
        time.sleep(rng.uniform(0, 0.15))
        child.process.kill()
        rig.hub.reap()
    _feed_the_poor(rig, rng)
    rig.restart()


def crash(point):
    """kill -9 by the hub's own hand, at a named place."""
    def do(rig, rng, _seconds):
        passes = RARE.get(point) or PASSES_MAX[point.split("_")[0]]
        under_load = point in PASSED_BY_START
        crash_at = f"{point}:{rng.randint(2 if under_load else 1, passes)}"
        if AT_START.match(point):
            _kill_unsettled(rig)
        else:
            rig.hub.kill()
        accepted = rig.seen.accepted()
        if rig.restart(crash_at):
            def dead():
                return not rig.hub.running()
            children.wait_until(dead, DEATH_S, f"the hub passes {crash_at}", every=0.01)
            rig.hub.reap()
        if under_load and rig.seen.accepted() == accepted:
            raise AssertionError(f"the hub died at {crash_at} before it took a message: its start passes there more than once")
        rig.restart()
    return do


def _kill_unsettled(rig):
    """A death that leaves in the journal what PostgreSQL has not."""
    rig.traffic.run(rig.proxy.set_silent, True)
    rig.await_flow()
    time.sleep(0.2)
    rig.hub.kill()
    rig.traffic.run(rig.proxy.set_silent, False)


# -- PostgreSQL

def postgres_killed(rig, _rng, seconds):
    rig.postgres.stop("immediate")
    _carry_on(rig, seconds)
    rig.postgres.start()
    _settles(rig, "killed", seconds)


def postgres_stopped(rig, _rng, seconds):
    rig.signal_postgres(signal.SIGSTOP)
    _carry_on(rig, seconds)
    rig.signal_postgres(signal.SIGCONT)
    _settles(rig, "stopped by a signal", seconds)


def postgres_slow(rig, _rng, seconds):
    rig.traffic.run(rig.proxy.set_delay, 5.0)
    _carry_on(rig, seconds)
    rig.traffic.run(rig.proxy.set_delay, 0.0)
    _settles(rig, "5 s slow", seconds)


def postgres_silent(rig, _rng, seconds):
    rig.traffic.run(rig.proxy.set_silent, True)
    _carry_on(rig, seconds)
    rig.traffic.run(rig.proxy.set_silent, False)
    _settles(rig, "a black hole", seconds)


def postgres_stopped_at_end(rig, rng, seconds):
    """The hub is told to end while its database says nothing: it ends in time, and the next start settles what is left."""
    rig.signal_postgres(signal.SIGSTOP)
    try:
        time.sleep(rng.uniform(0, seconds))
        rig.require_running()
        began, most = time.monotonic(), rig.hub.drain_s + ENDS_BLIND_S
        code = rig.hub.stop(seconds=most)
        took = time.monotonic() - began
    finally:
        rig.signal_postgres(signal.SIGCONT)
    if code not in (0, 1):  # 1: not all was settled
        raise AssertionError(f"smpphubd ended with {code} when told to end while PostgreSQL was stopped")
    rig.note(f"PostgreSQL stopped when the hub was told to end: it ended with {code} within {took:.1f} s, at most {most:.0f}")
    rig.restart()
    _settles(rig, "stopped at the hub's end", seconds)


def _carry_on(rig, seconds):
    """The database is away: all messages until leases run out, then those that cost nothing, at full rate."""
    before = rig.seen.accepted()
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if passed > min(MIXED_S, seconds / 2):
            rig.load.set_networks(FREE)
        time.sleep(0.25)
        rig.require_running()
    rig.await_flow()
    rig.load.set_networks(ALL)
    rig.note(f"{rig.seen.accepted() - before} messages accepted in {seconds:.0f} s without PostgreSQL")


def _settles(rig, how, seconds):
    wanted, began = rig.seen.accepted(), time.monotonic()
    within = SETTLE_SMALL_S if rig.small else SETTLE_S
    children.wait_until(lambda: rig.settled() >= wanted, within, f"PostgreSQL, {how} until now, has everything", every=0.2)
    rig.note(f"PostgreSQL {how} for {seconds:.0f} s: settled {time.monotonic() - began:.1f} s after its return")
    rig.await_flow()


# -- suppliers and clients

def supplier_reset(rig, rng, _seconds):
    for _ in range(3):
        rig.traffic.run(rng.choice(list(rig.suppliers.values())).reset)
        time.sleep(rng.uniform(0.05, 0.3))
    rig.await_flow()


def supplier_black_hole(rig, rng, seconds):
    supplier = rng.choice(list(rig.suppliers.values()))
    rig.traffic.run(supplier.set_deaf, True)
    time.sleep(seconds)
    if rng.random() < 0.5:
        rig.traffic.run(supplier.set_deaf, False)  # late answers, some to messages that are held
        time.sleep(0.2)
    rig.traffic.run(supplier.reset)
    rig.await_flow()


def supplier_late(rig, rng, seconds):
    """Longer than it may take to answer, and shorter than the hub waits for a sign of life: then all its answers come."""
    supplier = rng.choice(list(rig.suppliers.values()))
    rig.traffic.run(supplier.set_deaf, True)
    time.sleep(seconds)
    rig.traffic.run(supplier.set_deaf, False)
    time.sleep(1)
    rig.await_flow()


def supplier_flaps(rig, rng, seconds):
    supplier = rng.choice(list(rig.suppliers.values()))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        rig.traffic.run(supplier.refuse_connections)
        time.sleep(rng.uniform(0.1, 0.5))
        rig.traffic.run(supplier.listen)
        time.sleep(rng.uniform(0.1, 0.5))
    rig.await_flow()


def suppliers_all_down(rig, _rng, seconds):
    for supplier in rig.suppliers.values():
        rig.traffic.run(supplier.refuse_connections)
    time.sleep(seconds)
    for supplier in rig.suppliers.values():
        rig.traffic.run(supplier.listen)
    rig.await_flow()


def client_gone(rig, rng, seconds):
    """Its receipts wait, also over a death of the hub, and all come when it is back."""
    client = rig.load.client(rng.choice(["ann", "cid"]))
    rig.traffic.run(client.go_away)
    time.sleep(seconds)
    waiting = children.wait_until(lambda: rig.receipts_waiting(client.spec.name), WAITS_S,
                                  f"{client.spec.name} is gone, and a receipt waits for it in PostgreSQL")
    rig.hub.kill()
    rig.hub.start()
    client.come_back()
    rig.await_flow()
    rig.note(f"{waiting} receipts waited for {client.spec.name}, who was gone")


def client_deaf(rig, _rng, receipts):
    """It sends and sends, and has no bind that receives: its receipts wait in PostgreSQL, not in the hub's memory."""
    client = rig.load.client("ann")
    rig.load.only = "ann"
    rig.await_flow(WARM)
    before = rig.resident_octets()
    rig.traffic.run(client.go_away, load.RECEIVING)
    children.wait_until(lambda: rig.require_running() or rig.receipts_waiting("ann") >= receipts, 60 + receipts / SLOWEST,
                        f"{receipts:.0f} receipts wait", every=2)
    grown = (rig.resident_octets() - before) / 2**20
    rig.load.only = None
    came, began = rig.seen.receipts_read, time.monotonic()
    client.come_back()
    children.wait_until(lambda: rig.seen.receipts_read >= came + receipts, 60 + receipts / SLOWEST,
                        "the receipts that waited come", every=0.5)
    rig.note(f"{receipts:.0f} receipts waited, the hub grew by {grown:.0f} MiB; they came in {time.monotonic() - began:.0f} s")
    if grown > GROWTH_MIB_MAX:
        raise AssertionError(f"{receipts:.0f} receipts wait, and the hub has grown by {grown:.0f} MiB")


# -- the journal's disk

def _fill_until_felt(rig):
    """Again and again: the room of segments that are settled and removed would carry the hub on."""
    refused = rig.seen.statuses[QUEUE_FULL]

    def felt():
        rig.disk.fill()
        return rig.seen.statuses[QUEUE_FULL] > refused
    children.wait_until(felt, FULL_S, "the full disk is felt: ESME_RMSGQFUL", every=0.05)


def disk_full(rig, _rng, seconds):
    refused = rig.seen.statuses[QUEUE_FULL]
    _fill_until_felt(rig)
    time.sleep(seconds)
    rig.require_running()
    rig.disk.free()
    began = time.monotonic()
    rig.await_flow(200)
    rig.note(f"disk full: {rig.seen.statuses[QUEUE_FULL] - refused} messages refused; "
             f"flows {time.monotonic() - began:.1f} s after there was room")


def disk_full_kill(rig, rng, seconds):
    """The hub dies while its disk is full, and starts when there is room again."""
    _fill_until_felt(rig)
    time.sleep(rng.uniform(0, seconds))
    rig.hub.kill()
    time.sleep(rng.uniform(0, 0.2))
    rig.disk.free()
    rig.restart()


def corrupt_journal(rig, rng, _seconds):
    """A byte in the middle is wrong: the hub refuses to start and says where. Mended, it starts and has lost nothing."""
    _kill_unsettled(rig)
    path, offset = _middle(rig.hub.journal_folder)
    _flip(path, offset)
    child = rig.hub.launch()
    children.wait_until(lambda: not child.running() or children.accepts(rig.hub.port), 30, "the hub looks at its journal")
    accepted, code, said = child.running(), child.stop(), child.output()
    _flip(path, offset)
    if accepted or code == 0:
        raise AssertionError(f"{path.name} is corrupt at {offset}, and the hub started")
    named = re.search(rf"{re.escape(path.name)} at (\d+)", said)
    if not named or not offset - FRAME_MAX <= int(named[1]) <= offset:
        raise AssertionError(f"{path.name} is corrupt at {offset}, and the hub says:\n{said[-1000:]}")
    rig.restart()


def _middle(folder):
    """(file, offset): half way through what the longest segment holds; behind it there are zeros."""
    def used(path):
        return len(path.read_bytes().rstrip(b"\0"))
    path = max(pathlib.Path(folder).glob("*.journal"), key=used)
    return path, used(path) // 2


def _flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        octet = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([octet ^ 0x40]))


FAULTS = {fault.name: fault for fault in (
    Fault("nothing", "load alone: what the checker finds without any fault", nothing, 3),
    Fault("kill", "kill -9 at a random time under load, now and then twice", kill),
    *(Fault(f"at.{point}", f"kill -9 at {point}", crash(point)) for point in crash_points()),
    Fault("postgres.killed", "PostgreSQL killed (immediate)", postgres_killed, 5),
    Fault("postgres.stopped", "PostgreSQL stopped by a signal", postgres_stopped, 20),
    Fault("postgres.slow", "PostgreSQL 5 s slow", postgres_slow, 30),
    Fault("postgres.stopped_at_end", "the hub is told to end while PostgreSQL is stopped", postgres_stopped_at_end, 1),
    Fault("postgres.silent", "PostgreSQL a black hole: nothing comes through", postgres_silent, 20),
    Fault("supplier.reset", "links of suppliers reset mid-window", supplier_reset),
    Fault("supplier.black_hole", "a supplier reads nothing and answers nothing", supplier_black_hole, 4),
    Fault("supplier.late", "a supplier stands still, and then answers everything too late", supplier_late, 2),
    Fault("supplier.flaps", "a supplier comes and goes", supplier_flaps, 6),
    Fault("supplier.all_down", "no supplier at all", suppliers_all_down, 3),
    Fault("client.gone", "a client is gone with receipts waiting, and the hub dies meanwhile", client_gone, 2),
    Fault("client.deaf", "a client sends and does not receive, with so many receipts waiting", client_deaf, 5000),
    Fault("disk.full", "the journal's disk is full", disk_full, 2, needs_disk=True),
    Fault("disk.full_kill", "kill -9 while the journal's disk is full", disk_full_kill, 1, needs_disk=True),
    Fault("journal.corrupt", "a byte in the middle of the journal is flipped", corrupt_journal),
)}
