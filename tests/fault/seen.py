"""What the two simulated ends saw, in memory. Load and suppliers write it down as it happens; the checker reads it at the end.

Each message carries a tag, a number that no other message of the run has: in its text, where only the ends look, and in
the last ten digits of its destination, which the hub writes into its rows as well.
"""

import collections
import dataclasses

TAG_DIGITS = 10
_TEXT = b"fault "
STRANGE_MAX = 1000  # kept of what is strange: more tell no more


def destination(prefix, tag):
    return f"{prefix}{tag:0{TAG_DIGITS}d}".encode()


def tag_of_number(number):
    """The tag in a destination; None when it is no number of ours."""
    digits = number.decode(errors="replace") if isinstance(number, bytes) else number
    return int(digits[-TAG_DIGITS:]) if digits.isdigit() and len(digits) > TAG_DIGITS else None


def text(tag):
    return _TEXT + str(tag).encode()


def tag_of_text(octets):
    rest = octets.removeprefix(_TEXT)
    return int(rest) if rest != octets and rest.isdigit() else None


@dataclasses.dataclass(slots=True)
class Submit:
    """A message as its client sent it, once."""
    tag: int
    client: str
    prefix: str
    registered: bool          # asked for a final receipt
    status: int | None = None  # of the answer; None: none came
    message_id: int = 0        # that the client was given
    cut: bool = False          # the connection ended before the answer


@dataclasses.dataclass(slots=True)
class Receipt:
    """A receipt as a client read it, whatever it answered."""
    client: str
    message_id: int
    state: int
    final: bool


@dataclasses.dataclass(slots=True)
class Taken:
    """A submit as a supplier read it."""
    tag: int
    supplier: str
    number: bytes = b""        # its destination
    upstream_id: str = ""      # as its answer spells it; "" when it was refused
    receipt_id: str = ""       # as its receipt spells it
    status: int | None = None  # of the answer it wrote; None: none
    mangled: bool = False      # text and destination do not carry the same tag
    state: int = 0             # of its final receipt; 0: none was asked for
    receipts_sent: int = 0
    receipt_acknowledged: bool = False
    registered: int = 0        # registered_delivery, as the hub asked
    late: bool = False         # read when the hub had given it up, perhaps


class Seen:
    def __init__(self):
        self.submits = []                                    # index: tag
        self.receipts = collections.defaultdict(list)        # tag (None: no number of ours) -> [Receipt]
        self.taken = collections.defaultdict(list)           # tag -> [Taken]
        self.statuses = collections.Counter()                # of all answers to submits
        self.strange = collections.deque(maxlen=STRANGE_MAX)  # PDUs that answer nothing, or that nobody may send
        self.errors = collections.deque(maxlen=STRANGE_MAX)   # exceptions at the simulated ends: PDUs that they cannot read
        self.receipts_read = 0
        self.submits_read = 0

    def accepted(self):
        """Messages for which a client saw ESME_ROK, so far."""
        return self.statuses[0]

    def add_receipt(self, tag, receipt):
        self.receipts_read += 1
        self.receipts[tag].append(receipt)

    def add_taken(self, taken):
        self.submits_read += 1
        self.taken[taken.tag].append(taken)
