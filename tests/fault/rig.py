"""A whole installation under load: PostgreSQL behind a proxy, the hub, suppliers, customers, and what both ends saw."""

import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import time
import typing

import daemon
import proxy
import seen
import suppliers
import load
import world
from support import children, postgres

FLOW_S = 60           # until messages flow again after a restart
DRAIN_S = 180         # until everything that can end has ended
STILL_S = 15          # or nothing has moved for so long: longer than any pause between two tries of a message,
REFUSED_STILL_S = 75  # and, while receipts wait, than relay.receipt_pause_max_ms: their client refused them before
WAITING = """
select (select count(*) from traffic.queue where next_at < 'infinity'),
       (select count(*) from traffic.receipt),
       (select count(*) from traffic.message m where m.registered_delivery % 4 <> 0
           and not exists (select from traffic.outcome o where o.accept_day = m.accept_day and o.message_id = m.message_id
                                                               and o.told_at is not null)
           and not exists (select from traffic.queue q where q.message_id = m.message_id)),
       (select count(*) from traffic.message)
"""


class Left(typing.NamedTuple):
    """How much of everything has not come to its end."""
    unanswered: int  # submits
    at_suppliers: int  # receipts that they have still to send
    queued: int
    receipts: int  # in PostgreSQL
    untold: int  # messages whose client waits for a final state; those that are held stay here
    unsettled: int

    def patience(self):
        return REFUSED_STILL_S if self.receipts else STILL_S


def _family(parent):
    """A process and its children."""
    found = [parent]
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


class Traffic:
    """The asyncio loop of both ends, in a thread of its own. What goes wrong there goes into `errors`: asyncio would only close
    the connection, and a hub that writes what nobody can read would look like one whose links are cut."""

    def __init__(self, errors):
        self._errors = errors
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(self._note)
        self.loop.set_task_factory(self._watched)
        self._thread = threading.Thread(target=self.loop.run_forever, name="traffic", daemon=True)
        self._thread.start()

    def run(self, what, *arguments):
        """Calls a function, or runs a coroutine function, over there; its result."""
        async def call():
            result = what(*arguments)
            return await result if asyncio.iscoroutine(result) else result
        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(30)

    def _note(self, _loop, context):
        self._errors.append(f"{context['message']}: {context.get('exception')!r}")

    def _watched(self, loop, coroutine, **options):
        task = asyncio.Task(coroutine, loop=loop, **options)
        task.add_done_callback(self._judge)
        return task

    def _judge(self, task):
        if not task.cancelled() and task.exception() is not None:
            self._errors.append(f"{task.get_coro().__qualname__} ended: {task.exception()!r}")

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Rig:
    def __init__(self, seed, rate, disk=None, small=True):
        self.seed, self.rate, self.small = seed, rate, small
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-fault-"))
        os.chmod(self.folder, 0o711)  # PostgreSQL's user passes through
        self.disk = disk(self.folder) if disk else None
        self.notes = []  # sentences for the report
        self._topups = 0
        self.seen = seen.Seen()
        self.traffic = Traffic(self.seen.errors)
        self.postgres = postgres.Postgres(self.folder)
        ports = children.free_ports(1 + len(world.SUPPLIERS))
        self.proxy = proxy.Proxy(ports[0], self.postgres.port)
        conninfo = self.postgres.conninfo().replace(str(self.postgres.port), str(ports[0]))
        journal = self.disk.folder if self.disk else self.folder / "journal"
        self.hub = daemon.Daemon(self.folder, self.postgres, conninfo, journal, small)
        self.suppliers = {s.name: suppliers.Supplier(s, port, self.seen, seed)
                          for s, port in zip(world.SUPPLIERS, ports[1:])}
        self.load = load.Load(self.seen, self.hub.port, seed)

    # -- life

    def start(self):
        self.traffic.run(self.proxy.start)
        self.hub.migrate()
        self.hub.apply(world.catalog({name: s.port for name, s in self.suppliers.items()}))
        for supplier in self.suppliers.values():
            self.traffic.run(supplier.start)
        self.traffic.run(self.load.start)
        self.hub.start()
        self.set_rate(self.rate)
        self.await_flow()

    def stop(self, keep):
        """Ends everything; the folder with all logs stays when `keep`."""
        try:
            if self.hub.child is not None:
                self.hub.child.process.kill()
                self.hub.child.process.wait(10)
            for part in (self.load, *self.suppliers.values(), self.proxy):
                self.traffic.run(part.stop)
            self.traffic.stop()
            self.postgres.stop("immediate")
        finally:
            if self.disk:
                self.disk.remove()
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    # -- what faults ask for

    def set_rate(self, rate):
        self.load.rate = rate

    def set_plan(self, plan):
        for supplier in self.suppliers.values():
            supplier.plan = plan

    def restart(self, crash_at=None):
        """Starts the hub after a death and waits until messages flow; False: the crash point was on the way."""
        if not self.hub.start(crash_at):
            return False
        if crash_at is None:
            self.await_flow()
        return True

    def await_flow(self, messages=20):
        """Until so many more messages were accepted."""
        wanted = self.seen.accepted() + messages

        def flows():
            self.require_running()
            return self.seen.accepted() >= wanted
        children.wait_until(flows, FLOW_S, "messages flow", every=0.01)

    def require_running(self):
        if not self.hub.running():
            raise AssertionError(f"smpphubd died by itself:\n{self.hub.child.output()[-3000:]}")

    def settled(self):
        """Messages that PostgreSQL has; 0 while it does not answer."""
        try:
            return int(self.postgres.value("select count(*) from traffic.message"))
        except AssertionError:
            return 0

    def signal_postgres(self, number):
        """To the server and its children."""
        for pid in _family(int((self.postgres.folder / "postmaster.pid").read_text().split()[0])):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def topup(self, client, amount):
        self._topups += 1
        self.postgres.query(f"select money.topup(account_id, {amount}, 'crumb', 'crumb-{self._topups}') "
                            f"from crm.client where system_id = '{client}'")

    def resident_octets(self):
        """Of the hub's memory."""
        pages = pathlib.Path(f"/proc/{self.hub.child.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def peak_mib(self):
        """The most memory that the hub of now has had."""
        for line in pathlib.Path(f"/proc/{self.hub.child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) >> 10
        return 0

    def receipts_waiting(self, client):
        """In PostgreSQL, for one client."""
        return int(self.postgres.value("select count(*) from traffic.receipt join crm.client using (client_id) "
                                       f"where system_id = '{client}'"))

    def note(self, sentence):
        self.notes.append(sentence)

    # -- the end

    def heal(self):
        """Takes back whatever a fault that did not come to its end has left behind."""
        if (self.postgres.folder / "postmaster.pid").exists():
            self.signal_postgres(signal.SIGCONT)
        else:
            self.postgres.start()
        self.traffic.run(self.proxy.set_delay, 0.0)
        self.traffic.run(self.proxy.set_silent, False)
        for supplier in self.suppliers.values():
            self.traffic.run(supplier.recover)
        for client in self.load.clients:
            client.come_back()
        self.load.only = None
        self.load.set_networks([n.prefix for n in world.NETWORKS])
        if self.disk:
            self.disk.free()
        if not self.hub.running():
            self.hub.start()

    def drain(self):
        """Stops the load and lets everything come to its end; what does not is for the checker. Seconds it took."""
        began = time.monotonic()
        self.set_rate(0)
        self.set_plan(suppliers.CALM)
        self.traffic.run(self.load.set_calm, True)
        left, moved = self._left(), began
        while any(left) and time.monotonic() - began < DRAIN_S and time.monotonic() - moved < left.patience():
            time.sleep(0.2)
            before, left = left, self._left()
            if left != before:
                moved = time.monotonic()
        return time.monotonic() - began

    def _left(self):
        queued, receipts, untold, settled = map(int, self.postgres.query(WAITING)[0])
        return Left(self.load.outstanding(), sum(s.receipts_waiting for s in self.suppliers.values()), queued, receipts, untold,
                    max(0, self.seen.accepted() - settled))
