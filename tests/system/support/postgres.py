"""A private PostgreSQL 15 for one test: own folder, own port, passwords over TCP; never runs as root."""

import os
import pathlib
import shutil
import signal
import subprocess

from support import children

BIN = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
ROOT = pathlib.Path(__file__).resolve().parents[3]
# What initdb makes, kept with the build: it takes longer than anything else before a test, and makes the same each time.
FRESH = pathlib.Path(os.environ.get("HUB_BIN", ROOT / "build/release/bin")).parent / "fresh-postgres-15"
PASSWORD = "test-only"

# Nobody cuts the power during these tests, and a sync a transaction makes them slow.
OPTIONS = "-c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"


def _unprivileged(command):
    """PostgreSQL refuses to run as root: then it runs as `postgres`."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


class Postgres:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "pg"
        self.port = children.free_ports(1)[0]
        if os.access(FRESH, os.R_OK | os.X_OK):
            self._copy(FRESH, self.folder)
        else:
            self._initdb()
            self._keep()
        self.start()
        self.query("create database smpphub", database="postgres")

    def conninfo(self, database="smpphub"):
        return f"postgresql://smpphub:{PASSWORD}@127.0.0.1:{self.port}/{database}?connect_timeout=5"

    @staticmethod
    def _copy(origin, copy):
        subprocess.run(["cp", "-a", "--", origin, copy], check=True, stdin=subprocess.DEVNULL)

    def _keep(self):
        """For those who come later; whole, or not at all."""
        partial = FRESH.with_name(f"{FRESH.name}.{os.getpid()}")
        try:
            self._copy(self.folder, partial)
            partial.rename(FRESH)
        except (OSError, subprocess.CalledProcessError):
            shutil.rmtree(partial, ignore_errors=True)  # no room for it, or another test was faster

    def _initdb(self):
        self.folder.mkdir(mode=0o700)
        secret = self.folder.parent / "pg-password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            shutil.chown(secret, "postgres", "postgres")
        self._run(BIN / "initdb", "--username=smpphub", "--auth=scram-sha-256", f"--pwfile={secret}",
                  "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        secret.unlink()

    def _run(self, program, *arguments):
        command = [str(program), "--pgdata", str(self.folder), *arguments]
        done = subprocess.run(_unprivileged(command), capture_output=True, text=True, cwd="/", check=False,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stdout}{done.stderr}")

    def start(self):
        # Not captured by a pipe: the server would hold its end for as long as it lives.
        log = self.folder / "server.log"
        command = [str(BIN / "pg_ctl"), "start", "--wait", "--silent", "--pgdata", str(self.folder), "--log", str(log),
                   "-o", f"-c port={self.port} {OPTIONS}"]
        subprocess.run(_unprivileged(command), cwd="/", check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self, mode="fast"):
        if (self.folder / "postmaster.pid").exists():
            self._run(BIN / "pg_ctl", "stop", "--wait", "--silent", "--mode", mode)

    def freeze(self):
        """The server and all its sessions hold still, with every connection open, until thaw()."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        self._signal(signal.SIGCONT)

    @property
    def pid(self):
        """The postmaster's; all others are its children."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def _signal(self, number):
        children_of = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in [self.pid, *children_of]:
            os.kill(int(pid), number)

    def query(self, sql, database="smpphub"):
        """Rows as lists of strings; None for NULL."""
        done = subprocess.run(["psql", self.conninfo(database), "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\x1f",
                               "-R", "\x1e", "-P", "null=\x1d", "-c", sql],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{sql}\n{done.stderr}")
        records = done.stdout.removesuffix("\n")
        if not records:
            return []
        return [[None if v == "\x1d" else v for v in r.split("\x1f")] for r in records.split("\x1e")]

    def value(self, sql):
        """The first column of the first row; None without rows."""
        rows = self.query(sql)
        return rows[0][0] if rows else None
