"""The rules about what the hub ends by itself, what it asks for in a client's name, and how it speaks with both ends."""

import collections

import world
from case import Violation
from support import wire

UNKNOWN = ("timeout", "link_lost", "unknown")
PERMANENT = (wire.RINVDSTADR,)  # of what these suppliers refuse with: nobody else is asked
# How the hub may end a message itself: the state that it tells, and how many of all messages. In these worlds a message
# lives for two days and its receipt is awaited for three: so nothing expires. Suppliers refuse 1 % for good. Unknown are
# messages at gamma, one of three suppliers: that it swallowed (0.2 %), did not read (15 % of a campaign in which it does
# nothing but fall silent), or had under way when the hub or the link died.
Bound = collections.namedtuple("Bound", "state share_max")
HUB_MADE = {"hub_fault": Bound(3, 0), "no_receipt": Bound(7, 0), "upstream_reject": Bound(8, 0.03), "unknown": Bound(7, 0.3)}
# Of those, the ones that the supplier read and answered at once: some 5 a death of the hub, 2 % where it dies twice a second.
ANSWERED_SHARE_MAX = 0.08
FEW = 100  # messages: below that a share says nothing


def _judge_end(case, message, outcome):
    """What is wrong with an end that the hub made; None if nothing is. The last attempt decided it."""
    attempts = case.attempts.get(message.message_id, ())
    if outcome.state != HUB_MADE[outcome.cause].state:
        return f"ended by {outcome.cause}, with state {outcome.state}"
    if any(a.result == "accepted" and not a.late for a in attempts):
        return f"ended by {outcome.cause}, and a supplier took it"
    last = attempts[-1] if attempts else None
    if outcome.cause == "upstream_reject":
        said = any((t.supplier, t.status) == (a.supplier, a.command_status)
                   for a in attempts if a is last or a.late  # of two that may have it, either answers last
                   if a.result == "refused" and a.command_status in PERMANENT
                   for t in case.seen.taken.get(message.tag, ()))
        return None if said else "ended by upstream_reject, and no supplier refused it for good"
    if outcome.cause == "unknown":
        fails = last is not None and (last.result in UNKNOWN or last.late) and world.supplier(last.supplier).on_unknown == "fail"
        return None if fails else "ended as unknown, not by a supplier with on_unknown = fail that may have taken it"
    return None


def hub_ends_for_a_reason(case):
    for outcome in case.books.outcomes:
        message = case.messages.get(outcome.message_id)
        if message is not None and outcome.cause in HUB_MADE:
            if wrong := _judge_end(case, message, outcome):
                yield Violation("ended_by_hub", message.tag, wrong)


def hub_ends_few(case):
    ended = collections.Counter(o.cause for o in case.books.outcomes)
    ended["unknown, though answered"] = sum(o.cause == "unknown" and _answered(case, o) for o in case.books.outcomes)
    case.counts["final by unknown, though the supplier answered"] += ended["unknown, though answered"]
    shares = {cause: bound.share_max for cause, bound in HUB_MADE.items()}
    messages = len(case.books.messages)
    for cause, share in {**shares, "unknown, though answered": ANSWERED_SHARE_MAX}.items():
        most = share and max(FEW, share * messages)
        if ended[cause] > most:
            yield Violation("ended_by_hub", cause, f"{ended[cause]} of {messages} messages, at most {most:.0f} may be")


def _answered(case, outcome):
    """Whether the supplier of the last attempt read the message in time and answered."""
    attempts = case.attempts.get(outcome.message_id)
    return bool(attempts) and any(t.supplier == attempts[-1].supplier and t.status is not None and not t.late
                                  for t in case.seen.taken.get(case.tag(outcome.message_id), ()))


def receipts_are_asked_for_as_the_client_did(case):
    told = [(m.tag, m.registered, "the row says") for m in case.books.messages]
    told += [(t.tag, t.registered, f"{t.supplier} got") for t in case.taken()]
    for tag, registered, who in told:
        if case.submit(tag) is not None and registered != case.asked(tag):
            yield Violation("registered", tag, f"sent with {case.asked(tag)}, {who} {registered}")


def every_answer_is_the_one_that_is_waited_for(case):
    for what in case.seen.strange:
        yield Violation("strange_answer", "wire", what)


def both_ends_can_read_the_hub(case):
    for what in case.seen.errors:
        yield Violation("unreadable", "wire", what)


RULES = (hub_ends_for_a_reason, hub_ends_few, receipts_are_asked_for_as_the_client_did,
         every_answer_is_the_one_that_is_waited_for, both_ends_can_read_the_hub)
