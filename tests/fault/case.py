"""What the rules of the checker look at: both ends and the books, with the indexes they share."""

import collections
import dataclasses


@dataclasses.dataclass(frozen=True)
class Violation:
    rule: str
    subject: object   # a tag, a client, an invariant
    what: str

    def __str__(self):
        return f"{self.rule} [{self.subject}]: {self.what}"


def _by(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


class Case:
    def __init__(self, seen, books):
        self.seen, self.books = seen, books
        self.counts = collections.Counter()
        self.messages = {m.message_id: m for m in books.messages}
        self.messages_by_tag = _by(books.messages, lambda m: m.tag)
        self.rejects_by_tag = _by(books.rejects, lambda r: r.tag)
        self.attempts = _by(books.attempts, lambda a: a.message_id)
        self.outcomes = {o.message_id: o for o in books.outcomes}
        self.late_states = {i: [o.state for o in rows] for i, rows in _by(books.late_outcomes, lambda o: o.message_id).items()}
        self.queue = {q.message_id: q for q in books.queue}
        self.flagged_receipts = {e.message_id for e in books.receipt_events if e.possible_duplicate}
        self.strays = {(s.supplier, s.upstream_id) for s in books.strays}
        self.owners = {key: [a.message_id for a in rows] for key, rows
                       in _by((a for a in books.attempts if a.upstream_id), lambda a: (a.supplier, a.upstream_id)).items()}
        self._tags = {row.message_id: row.tag for row in [*books.rejects, *books.messages]}

    def submit(self, tag):
        """The client's side of a tag; None when nobody sent it."""
        return self.seen.submits[tag] if tag is not None and tag < len(self.seen.submits) else None

    def asked(self, tag):
        """The registered_delivery that a client sent with its message; 0 when nobody sent it."""
        submit = self.submit(tag)
        return 0 if submit is None else int(submit.registered)

    def tag(self, message_id):
        """The tag of an id; the id itself where no row tells."""
        return self._tags.get(message_id, f"id {message_id}")

    def ids_of_tag(self, tag):
        """Ids under which the hub wrote about a tag: of its message, or of its refusal."""
        return [row.message_id for row in [*self.messages_by_tag.get(tag, ()), *self.rejects_by_tag.get(tag, ())]]

    def ids_of(self, submit):
        """Ids that a client may be told for its message: the one it was given; when its answer was lost, the one written."""
        if submit.status is not None:
            return [submit.message_id]
        return [m.message_id for m in self.messages_by_tag.get(submit.tag, ())]

    def taken(self):
        return (t for taken in self.seen.taken.values() for t in taken)
