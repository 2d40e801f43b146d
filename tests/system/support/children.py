"""Child processes and ports: what a test starts, it stops; what it did not start, it never touches."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time

# What must come is awaited for so long: on a machine that has much else to do. It costs a test that fails, and no other.
PATIENCE_S = 60
_PORT_MIN = 10_000
_given = set()  # ports that this process was given: nobody may listen there yet


def free_ports(count):
    """`count` ports on 127.0.0.1 that nobody listened on a moment ago, and that no connection gets by chance meanwhile."""
    end = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = []
    while len(ports) < count:
        port = random.randrange(_PORT_MIN, end) if end > 2 * _PORT_MIN else 0
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = s.getsockname()[1]
        if port not in _given:
            _given.add(port)
            ports.append(port)
    return ports


def wait_until(question, seconds, what, every=0.05):
    """Asks until the answer is true and returns it; AssertionError naming `what` after `seconds`, but not before PATIENCE_S."""
    seconds = max(seconds, PATIENCE_S)
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s (last answer: {answer!r})")
        time.sleep(every)


def accepts(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def serves(path):
    """Somebody listens at that UNIX socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(1)
        return s.connect_ex(str(path)) == 0


class Child:
    """One program that a test runs; its output goes to LOG, which the test shows when it fails."""

    def __init__(self, name, command, folder, environment=None):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        self._sink = open(self.log, "ab")
        # A session of its own: nothing that a terminal or ctest sends reaches it but by us.
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, cwd=folder,
                                        stdout=self._sink, stderr=subprocess.STDOUT, start_new_session=True,
                                        env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_for_port(self, port):
        self._wait_until(lambda: accepts(port), f"listens on {port}")

    def wait_for_socket(self, path):
        self._wait_until(lambda: serves(path), f"listens at {path}")

    def _wait_until(self, ready, what):
        def asked():
            if not self.running():
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.output()[-2000:]}")
            return ready()
        wait_until(asked, PATIENCE_S, f"{self.name} {what}")

    def wait(self, seconds):
        """Exit code, once it ends by itself."""
        return self.process.wait(seconds)

    def stop(self, seconds=PATIENCE_S, how=signal.SIGTERM):
        """Exit code; killed, and that is an AssertionError, when it does not stop in time."""
        if self.running():
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop within {seconds} s") from None
        finally:
            self._sink.close()

    def cpu_seconds(self):
        """User and system time so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
