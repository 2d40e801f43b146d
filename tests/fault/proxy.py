"""A TCP proxy in front of PostgreSQL, so that the database can be slow, silent or gone without touching it."""

import asyncio
import collections

CHUNK = 65536


class _Pipe(asyncio.Protocol):
    """One end of a connection; what it reads goes to its `peer`, later if the proxy says so."""

    def __init__(self, proxy, back):
        self.proxy, self.back = proxy, back  # back: from the database to the hub
        self.peer = None
        self.transport = None
        self._waiting = collections.deque()  # (due, octets), while slow or before the peer is there

    def connection_made(self, transport):
        self.transport = transport
        self.proxy.pipes.add(self)

    def data_received(self, octets):
        delay = self.proxy.delay_s if self.back else 0
        loop = asyncio.get_running_loop()
        due = max(loop.time() + delay, self._waiting[-1][0] if self._waiting else 0)
        self._waiting.append((due, octets))
        if delay:
            loop.call_at(due, self.pump)
        else:
            self.pump()

    def pump(self):
        """Hands on what is due."""
        now = asyncio.get_running_loop().time()
        while self._waiting and self.peer is not None and not self.proxy.silent and self._waiting[0][0] <= now + 0.001:
            self.peer.transport.write(self._waiting.popleft()[1])

    def connection_lost(self, _why):
        self.proxy.pipes.discard(self)
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()


class Proxy:
    """Listens on `port`, connects to `target`. Everything from the asyncio loop only."""

    def __init__(self, port, target):
        self.port, self.target = port, target
        self.pipes = set()
        self.delay_s = 0.0   # of what the database says: a round trip takes so much longer
        self.silent = False  # a black hole: connections stand, nothing passes
        self._server = None
        self._connects = set()

    async def start(self):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._front, "127.0.0.1", self.port)

    def _front(self):
        front = _Pipe(self, back=False)
        task = asyncio.ensure_future(self._connect(front))
        self._connects.add(task)
        task.add_done_callback(self._connects.discard)
        return front

    async def _connect(self, front):
        loop = asyncio.get_running_loop()
        try:
            _, back = await loop.create_connection(lambda: _Pipe(self, back=True), "127.0.0.1", self.target)
        except OSError:
            if front.transport is not None:
                front.transport.abort()  # as a database that is not there
            return
        front.peer, back.peer = back, front
        front.pump()

    def set_silent(self, silent):
        self.silent = silent
        for pipe in list(self.pipes):
            pipe.pump()

    def set_delay(self, seconds):
        self.delay_s = seconds

    async def stop(self):
        if self._server is None:
            return
        self._server.close()
        for pipe in list(self.pipes):
            pipe.transport.abort()
        await self._server.wait_closed()
