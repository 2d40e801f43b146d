"""Hostile peers of one listener, in one process: some say one octet a second of a bind, some never say anything. Each comes from
one of many addresses of 127.0.0.0/8, and comes back a while after it was closed.

Run by bench/hostile; speaks on stdout: one JSON line a second with what stands now and what happened so far.
"""

import argparse
import errno
import heapq
import json
import selectors
import signal
import socket
import struct
import sys
import time

# A bind_transceiver as long as it may be: at an octet a second it is never whole.
BODY = b"stranger\0" + b"guess\0" + b"x" * 12 + b"\0" + b"\x34\0\0" + b"*" * 40 + b"\0"
BIND = struct.pack(">IIII", 16 + len(BODY), 0x00000009, 0, 1) + BODY


class Peer:
    __slots__ = ("source", "dribbles", "socket", "sent", "life")

    def __init__(self, source, dribbles):
        self.source, self.dribbles = source, dribbles
        self.socket, self.sent, self.life = None, 0, 0


class Attack:
    def __init__(self, options):
        self.options = options
        self.selector = selectors.EpollSelector()
        self.due = []  # (when, order, peer, its life): what a peer does next, void when that life is over
        self.order = 0
        self.counts = {"connects": 0, "closed": 0, "octets": 0, "failed": 0, "open": 0, "open_max": 0}
        for i in range(options.dribblers + options.silent):
            peer = Peer(f"127.66.{i % options.addresses // 250}.{i % options.addresses % 250 + 1}", i < options.dribblers)
            self.later(peer, i / options.connects_per_second)

    def later(self, peer, seconds):
        self.order += 1
        heapq.heappush(self.due, (time.monotonic() + seconds, self.order, peer, peer.life))

    def connect(self, peer):
        s = socket.socket()
        s.setblocking(False)
        try:
            s.bind((peer.source, 0))
            failed = s.connect_ex(("127.0.0.1", self.options.port))
        except OSError as error:
            failed = error.errno
        if failed not in (0, errno.EINPROGRESS):
            s.close()
            self.counts["failed"] += 1
            return self.later(peer, self.options.back_s)
        peer.socket, peer.sent = s, 0
        self.counts["connects"] += 1
        self.counts["open"] += 1
        self.counts["open_max"] = max(self.counts["open_max"], self.counts["open"])
        self.selector.register(s, selectors.EVENT_READ, peer)
        if peer.dribbles:
            self.later(peer, 1)

    def lose(self, peer):
        self.selector.unregister(peer.socket)
        peer.socket.close()
        peer.socket = None
        peer.life += 1
        self.counts["open"] -= 1
        self.counts["closed"] += 1
        self.later(peer, self.options.back_s)

    def act(self, peer):
        if peer.socket is None:
            return self.connect(peer)
        try:
            self.counts["octets"] += peer.socket.send(BIND[peer.sent % len(BIND):][:1])
        except BlockingIOError:
            return self.later(peer, 1)
        except OSError:
            return self.lose(peer)
        peer.sent += 1
        return self.later(peer, 1)

    def read(self, peer):
        try:
            octets = peer.socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self.lose(peer)

    def run(self):
        stop = []
        signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
        report = time.monotonic() + 1
        while not stop:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                _, _, peer, life = heapq.heappop(self.due)
                if life == peer.life:
                    self.act(peer)
            if now >= report:
                report = now + 1
                print(json.dumps(self.counts), flush=True)
            wait = min(report, self.due[0][0] if self.due else report) - time.monotonic()
            for key, _ in self.selector.select(max(wait, 0)):
                self.read(key.data)
        print(json.dumps(self.counts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dribblers", type=int, default=5000)
    parser.add_argument("--silent", type=int, default=2000)
    parser.add_argument("--addresses", type=int, default=500, help="so many of 127.66.0.0/16 share them")
    parser.add_argument("--connects-per-second", type=int, default=2000, help="at the start")
    parser.add_argument("--back-s", type=float, default=5, help="who was closed comes back after so long")
    Attack(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
