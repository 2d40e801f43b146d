"""smpphubd and hubctl of this build, with a configuration and a database of one test's own."""

import json
import os
import pathlib
import subprocess

from support import children

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("HUB_BIN", ROOT / "build/release/bin"))
DEMO = ROOT / "sql/demo/demo.toml"
DEMO_PORTS = {"alpha": 12775, "beta": 12776}

# What tests want otherwise than an operator: quick reconnects, quick settlement, short sulks.
SETTINGS = {
    "node": {"drain_ms": 5000},
    "loops": {"count": 2},
    "session": {"window_requests_max": 10000},
    "supplier": {"reconnect_min_ms": 100, "reconnect_max_ms": 500},
    "settle": {"interval_ms": 100, "retry_ms": 200},
    "log": {"level": "info"},
}


def toml_of(settings):
    lines = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def demo_catalog(ports):
    """The text of the demo's catalog, with the suppliers' ports of this test."""
    text = DEMO.read_text()
    for name, port in DEMO_PORTS.items():
        if str(port) not in text:
            raise AssertionError(f"{DEMO} names no port {port}")
        text = text.replace(str(port), str(ports[name]))
    return text


class Hub:
    def __init__(self, folder, postgres, settings=None, base=None):
        """settings: on top of base, which is SETTINGS; {} for what an operator gets who changes nothing."""
        self.folder = pathlib.Path(folder)
        self.postgres = postgres
        self.port = children.free_ports(1)[0]
        self.socket = self.folder / "hub.sock"
        self.config = self.folder / "hub.toml"
        self.child = None
        self._base = SETTINGS if base is None else base
        self._runs = 0
        self.write_config(settings or {})

    def write_config(self, settings):
        merged = {section: dict(values) for section, values in self._base.items()}
        own = {"journal": {"folder": str(self.folder / "journal")}, "smpp": {"listen": f"127.0.0.1:{self.port}"}, "admin": {"socket": str(self.socket)},
               "database": {"conninfo": self.postgres.conninfo()}}
        for section, values in [*own.items(), *settings.items()]:
            merged.setdefault(section, {}).update(values)
        self.config.write_text(toml_of(merged))
        self.config.chmod(0o600)

    def start(self):
        """Until it serves clients and hubctl: its port opens before its control socket."""
        self.child = self.launch()
        self.child.wait_for_port(self.port)
        self.child.wait_for_socket(self.socket)

    def launch(self):
        """Starts the daemon and does not wait until it serves."""
        self._runs += 1
        return children.Child(f"smpphubd-{self._runs}", [BIN / "smpphubd", "--config", self.config], self.folder)

    def stop(self, **how):
        """Exit code of the daemon, or None when it does not run."""
        child, self.child = self.child, None
        return child.stop(**how) if child else None

    def ctl(self, *arguments, check=True, seconds=120):
        """Runs hubctl; CompletedProcess."""
        done = subprocess.run([str(BIN / "hubctl"), *[str(a) for a in arguments]], capture_output=True, text=True,
                              cwd=self.folder, stdin=subprocess.DEVNULL, timeout=seconds, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"hubctl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def live(self, *arguments, check=True):
        """A command to the running daemon, by its socket."""
        return self.ctl("--socket", self.socket, *arguments, check=check)

    def migrate(self):
        self.ctl("migrate", "--config", self.config, "--dir", ROOT / "sql/migrations")

    def apply(self, text, name="catalog.toml", **how):
        path = self.folder / name
        path.write_text(text)
        return self.ctl("apply", path, "--config", self.config, **how)
