"""./packaging/quickstart does what the README promises: everything happens, twice is once, stop stops.

It runs in a copy of the tree that borrows this build, so that a quickstart somebody left running is not touched.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import case, esme, hub, wire

COPIED = ["packaging", "sql", "routing-scripts"]
ENV_NAMES = {"HUB_HOST", "HUB_PORT", "HUB_SYSTEM_ID", "HUB_PASSWORD", "HUB_DEST", "HUB_PG", "HUB_ADMIN_SOCKET",
             "SMSC_PORTS"}


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="quickstart-"))
        os.chmod(self.root, 0o755)
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        for name in COPIED:
            shutil.copytree(hub.ROOT / name, self.root / name)
        (self.root / "build/release").mkdir(parents=True)
        (self.root / "build/release/bin").symlink_to(hub.BIN)
        # Built already: what is tested here comes after the build.
        (self.root / "packaging/lib/build.sh").write_text("build_preset() { :; }\n")
        self.addCleanup(self.quickstart, "stop", check=False)

    def quickstart(self, *arguments, check=True):
        done = subprocess.run([self.root / "packaging/quickstart", *arguments], capture_output=True, text=True,
                              timeout=280, check=False, stdin=subprocess.DEVNULL)
        if check:
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done

    def env(self):
        """As a shell sees it that sources the file."""
        file = self.root / "var/quickstart/env"
        done = subprocess.run(["sh", "-ac", f". {file}; env"], capture_output=True, text=True, check=True,
                              env={"PATH": os.environ["PATH"]})
        return {k: v for k, v in (line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
                if k in ENV_NAMES}

    def pids(self):
        run = self.root / "var/quickstart/run"
        return {file.name: file.read_text() for file in run.glob("*.pid")}

    def test_start_start_again_and_stop(self):
        first = self.quickstart()
        for words in ("price 0.045", "no_route", "no_credit", "attempt 2: beta accepted", "stat:DELIVRD",
                      "All of it happened"):
            self.assertIn(words, first.stdout)
        env, pids = self.env(), self.pids()
        self.assertEqual(ENV_NAMES, set(env))
        self.check_env(env)
        self.quickstart("status")

        self.quickstart("start")
        self.assertEqual(pids, self.pids(), "what runs is left running")
        self.assertEqual(env, self.env())

        self.quickstart("stop")
        self.assertNotEqual(0, self.quickstart("status", check=False).returncode)
        for name, line in pids.items():
            command = pathlib.Path(f"/proc/{line.split()[0]}/cmdline")  # empty: ended, and not yet reaped
            self.assertFalse(command.exists() and command.read_bytes(), name)
        self.quickstart("start")

    def check_env(self, env):
        """Good for an ESME, for psql and for hubctl."""
        client = esme.Esme(int(env["HUB_PORT"]), env["HUB_SYSTEM_ID"], env["HUB_PASSWORD"])
        answer = client.submit(dest=(env["HUB_DEST"] + "0001234").encode(), text=b"own ESME")
        self.assertEqual(wire.ROK, answer.status)
        client.unbind()
        client.close()
        psql = subprocess.run(["psql", env["HUB_PG"], "-Atc", "select balance from bill.v_balance_now "
                               f"where client = '{env['HUB_SYSTEM_ID']}'"], capture_output=True, text=True, check=True)
        self.assertGreater(float(psql.stdout), 1_000_000 * 0.06)
        subprocess.run([hub.BIN / "hubctl", "--socket", env["HUB_ADMIN_SOCKET"], "status"], check=True,
                       capture_output=True)
        self.assertEqual(2, len(env["SMSC_PORTS"].split()))


if __name__ == "__main__":
    case.main()
