"""Sequence numbers of one end: no two of its binds share one, so that an answer on another bind shows as one."""

from support import wire


class Numbers:
    """Gives numbers to requests, and judges the responses: each request has exactly one, on the bind that asked.

    Used from the asyncio loop only. A response that answers nothing is written into `seen`.
    """

    def __init__(self, end, seen):
        self._end, self._seen = end, seen
        self._last = 0
        self._waiting = {}  # number -> (bind, command_id of the request)

    def ask(self, bind, command_id):
        """The number of a request that this bind sends now."""
        self._last += 1
        self._waiting[self._last] = bind, command_id
        return self._last

    def answers(self, bind, pdu):
        """Whether a response is the one that its bind waits for. A generic_nack is none, but its request waits no more."""
        asker, command_id = self._waiting.get(pdu.sequence, (None, 0))
        if asker is bind:
            del self._waiting[pdu.sequence]
            if pdu.command_id == command_id | wire.RESP:
                return True
            wrong = f"the answer to {command_id:#x}"
        elif asker is not None:
            wrong = "the answer to a request of another bind"
        else:
            wrong = "a second answer" if 0 < pdu.sequence <= self._last else "an answer to nothing"
        self.note(f"{wrong}: {pdu.command_id:#x}, status {pdu.status:#x}, number {pdu.sequence}")
        return False

    def note(self, what):
        self._seen.strange.append(f"{self._end}: {what}")

    def forget(self, numbers):
        """Of a bind that ended: these wait for nothing any more."""
        for number in numbers:
            self._waiting.pop(number, None)
