"""smscsim and esmeload, the simulator and the load generator that we ship."""

import json
import socket
import subprocess

from support import children, hub


class Simulator:
    """One smscsim with a listener a supplier; options as `smscsim --help` lists them."""

    def __init__(self, folder, program="smscsim", control=None, **listeners):
        """program: the name of its log, when there are several; control: path of a socket that takes commands, see tell()."""
        names = list(listeners)
        self.control = control
        self.ports = dict(zip(names, children.free_ports(len(names))))
        command = [hub.BIN / "smscsim"]
        for name, options in listeners.items():
            told = {"name": name, "port": self.ports[name], **options}
            command += ["--listener", ",".join(f"{k.replace('_', '-')}={v}" for k, v in told.items())]
        if control:
            command += ["--control", control]
        self.child = children.Child(program, command, folder)
        for port in self.ports.values():
            self.child.wait_for_port(port)

    def tell(self, line):
        """The answer to one command."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(self.control))
            s.sendall(line.encode() + b"\n")
            return s.makefile().readline().strip()

    def stop(self):
        """Counters of every listener, by name."""
        self.child.stop()
        line = next(line for line in self.child.output().splitlines() if line.startswith("{"))
        return json.loads(line)


def esmeload(port, account, count, **options):
    """The result of a run, as --json prints it, with its exit code."""
    command = [hub.BIN / "esmeload", "--port", port, "--system-id", account[0], "--password", account[1],
               "--count", count, "--json"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", value]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=240, check=False,
                          stdin=subprocess.DEVNULL)
    result = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"failure": done.stderr}
    return done.returncode, result
