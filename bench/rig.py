"""What the benches in Python stand on: an installation on loopback in a folder of its own, load beside it, and its figures.

The hub runs with the settings as shipped, but for log.level, relay.credit_wait_ms, and what a bench changes and its --help says.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))
sys.dont_write_bytecode = True
from support import children, hub, postgres, simulator  # noqa: E402

MIB = 1 << 20
# PostgreSQL shares the machine with all ends of a load. As shipped a message is refused whose credit it does not grant within 2 s.
CREDIT_WAIT_MS = 60_000


def say(what):
    """Progress, for whoever waits."""
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def folder_of_its_own():
    """Removed afterwards, whatever happens, SIGTERM included; loads that still run are ended. HUB_BENCH_FOLDER says on which disk."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hub-bench-", dir=os.environ.get("HUB_BENCH_FOLDER")))
    os.chmod(folder, 0o711)  # PostgreSQL's user passes through
    try:
        yield folder
    finally:
        for load in Load.all:
            load.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def installation(folder, settings, catalog, credit_wait_ms=CREDIT_WAIT_MS):
    """(database, hub), running. credit_wait_ms: relay.credit_wait_ms; None: as shipped, where refusals are what is looked for. Stopped by pid afterwards, the hub's log shown if it did not end well."""
    database = postgres.Postgres(folder)
    try:
        told = {"log": {"level": "warn"}, **settings}
        if credit_wait_ms is not None:
            told["relay"] = {"credit_wait_ms": credit_wait_ms, **told.get("relay", {})}
        daemon = hub.Hub(folder, database, told, base={})
        daemon.migrate()
        daemon.apply(catalog)
        daemon.start()
        try:
            yield database, daemon
        finally:
            code = daemon.stop(seconds=60)
            if code != 0:
                raise SystemExit(f"smpphubd ended with {code}")
    finally:
        database.stop("immediate")


def status(daemon):
    return json.loads(daemon.live("status", "-o", "json").stdout)


def counters(daemon):
    return status(daemon)["counters"]


def memory(daemon):
    """Octets of RSS now."""
    for line in pathlib.Path(f"/proc/{daemon.child.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS")


def ratio(part, of):
    """As text. The kernel counts CPU in ticks of 10 ms: a load of a few thousand messages may have cost none."""
    return f"{part / of:.3f}" if of else "-"


class Load:
    """An esmeload under way. Options as `esmeload --help` lists them; True for a flag."""

    all = []

    def __init__(self, port, account, **options):
        command = [hub.BIN / "esmeload", "--port", port, "--system-id", account[0], "--password", account[1], "--json"]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}"] + ([] if value is True else [value])
        self._child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.all.append(self)

    def result(self, seconds=120):
        """What it found out, once it ends."""
        out, _ = self._child.communicate(timeout=seconds)
        return json.loads(out.splitlines()[-1]) if out else {"ok": False, "failure": "no output"}

    def kill(self):
        if self.running():
            self._child.kill()
            self._child.wait()

    def running(self):
        return self._child.poll() is None

    def end(self, seconds=60):
        """Ends sending, or staying, now; the result."""
        if self.running():
            self._child.terminate()
        try:
            return self.result(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            raise


def settled(database, wanted, seconds=300):
    """Waits until so many messages are in PostgreSQL: what the run before left must not burden the next."""
    children.wait_until(lambda: int(database.value("select count(*) from traffic.message")) >= wanted, seconds,
                        f"{wanted} messages are settled", every=0.5)


# --- a catalog: networks by prefix, each with one supplier

COUNTRIES = (("262", "DE"), ("234", "GB"), ("208", "FR"), ("232", "AT"), ("214", "ES"))


def network_toml(number, prefix):
    mcc, country = COUNTRIES[number]
    return f'[[network]]\nmcc = "{mcc}"\nmnc = "01"\ncountry = "{country}"\nname = "Net {number}"\nprefixes = ["{prefix}"]\n\n'


def deck_toml(name, prices):
    """prices: of networks by their number."""
    rates = "".join(f'  {{ mcc = "{COUNTRIES[number][0]}", price = "{price}" }},\n' for number, price in prices.items())
    return f'[[deck]]\nname = "{name}"\ncurrency = "EUR"\nunit = "segment"\nrates = [\n{rates}]\n\n'


def client_toml(account, **fields):
    more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    return (f'[[client]]\nsystem_id = "{account[0]}"\npassword = "{account[1]}"\ncurrency = "EUR"\ndeck = "retail"\n{more}'
            f'topup = {{ ref = "opening-{account[0]}", amount = "10000000", reason = "opening balance" }}\n\n')


def supplier_toml(name, deck, port, response_timeout_ms=None, **bind):
    patience = f"response_timeout_ms = {response_timeout_ms}\n" if response_timeout_ms else ""
    more = "".join(f"{key} = {json.dumps(value)}\n" for key, value in bind.items())
    return (f'[[supplier]]\nname = "{name}"\ntype = "direct"\ncurrency = "EUR"\ndeck = "{deck}"\n{patience}\n'
            f'[[supplier.bind]]\nhost = "127.0.0.1"\nport = {port}\nsystem_id = "hub-{name}"\npassword = "pw"\n{more}\n')


# --- a report

def machine():
    """One line: where figures come from."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores ({model}), kernel {os.uname().release}, load average at the end {load}"


def head():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no commit"


def table(columns, rows):
    """A table of markdown."""
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def report_file(path):
    """For argparse: its folder is there before the first load, not missed behind the last."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    return path


def plot_of(path):
    """The file of a report's plot, beside it, and the report's line for it; nothing without a report."""
    plot = pathlib.Path(path).with_suffix(".svg") if path else None
    return plot, f"![plot]({plot.name})\n\n" if plot else ""


def publish(text, path):
    """The file first: whatever becomes of the terminal, or of a plot, a long run has its report."""
    if path:
        pathlib.Path(path).write_text(text)
        say(f"kept in {path}")
    print(text)


def milliseconds(microseconds):
    return f"{microseconds / 1000:.2f} ms"
