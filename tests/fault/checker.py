"""Conservation: from what both ends saw and what PostgreSQL says to the list of what is wrong. A pure function.

    seen (clients' submits and receipts, suppliers' submits)  ─┐
                                                               ├─► check() ─► [Violation], counts
    books (rows of PostgreSQL, when the hub has ended)        ─┘

One rule is one function that yields violations; RULES lists them. README.md says which promise each one stands for.
"""

import collections

import checker_ends
import checker_money
from case import Case, Violation

MAYBE_TAKEN = ("accepted", "timeout", "link_lost", "unknown")
UNKNOWN = checker_ends.UNKNOWN


# -- an accepted message is there, once, and it is the client's

def accepted_is_written(case):
    for submit in case.seen.submits:
        if submit.status != 0:
            continue
        rows = case.messages_by_tag.get(submit.tag, ())
        if not any(m.message_id == submit.message_id for m in rows):
            yield Violation("lost", submit.tag, f"ESME_ROK with id {submit.message_id}, no such row in traffic.message")
        for row in rows:
            if row.client != submit.client:
                yield Violation("wrong_client", submit.tag, f"sent by {submit.client}, written for {row.client}")


def one_row_a_message(case):
    for tag, rows in case.messages_by_tag.items():
        if len(rows) > 1:
            yield Violation("two_rows", tag, f"one submit, {len(rows)} rows in traffic.message")
        if tag is None or tag >= len(case.seen.submits):
            yield Violation("row_of_nothing", tag, "a row for a message that nobody sent")


def unaccepted_is_not_written(case):
    """A row without ESME_ROK stands only where the answer was lost with its connection."""
    for submit in case.seen.submits:
        if submit.status == 0:
            continue
        rows = case.messages_by_tag.get(submit.tag, ())
        if submit.status is None and not submit.cut:
            yield Violation("unanswered", submit.tag, "never answered, on a connection that lived")
        elif submit.status is not None and rows:
            yield Violation("refused_and_written", submit.tag, f"answered {submit.status:#x}, and stands in traffic.message")
        elif rows:
            case.counts["answer lost with its connection, message written"] += 1


def refused_and_accepted(case):
    for reject in case.books.rejects:
        if reject.message_id in case.messages or case.submit(reject.tag) and case.submit(reject.tag).status == 0:
            yield Violation("refused_and_accepted", reject.tag, f"id {reject.message_id} stands in traffic.reject")
        attempts = [a for a in case.attempts.get(reject.message_id, ()) if a.result == "accepted"]
        case.counts["refused for want of an answer, and taken, as a late one says"] += any(a.late for a in attempts)
        if not all(a.late for a in attempts):
            yield Violation("refused_and_accepted", reject.tag, f"id {reject.message_id}: refused, and a supplier took it")


# -- one final state, told once

def one_final_state(case):
    for message in case.books.messages:
        outcome, queued = case.outcomes.get(message.message_id), case.queue.get(message.message_id)
        if queued is not None and not queued.held:
            yield Violation("still_queued", message.tag, "still stands in traffic.queue when everything else had ended")
        if outcome is not None or queued is not None:
            continue
        if case.asked(message.tag):
            yield Violation("no_final_state", message.tag, f"id {message.message_id}: neither outcome nor queue")
        elif not any(a.result == "accepted" for a in case.attempts.get(message.message_id, ())):
            yield Violation("no_final_state", message.tag, f"id {message.message_id}: neither taken nor outcome")


def held_for_a_reason(case):
    """Held in the queue is only what a supplier may have taken without telling."""
    for queued in case.books.queue:
        attempts = case.attempts.get(queued.message_id, ())
        if queued.held and not any(a.result in UNKNOWN for a in attempts):
            yield Violation("held_for_nothing", case.tag(queued.message_id), f"id {queued.message_id}: no unknown attempt")
        case.counts["held: outcome at the supplier unknown"] += queued.held


def final_receipt_once(case):
    for message in case.books.messages:
        receipts = [r for r in case.seen.receipts.get(message.tag, ()) if r.final]
        outcome = case.outcomes.get(message.message_id)
        if outcome is None or not case.asked(message.tag):
            if receipts:
                yield Violation("receipt_of_nothing", message.tag, "a final receipt for a message without outcome, or unasked")
            continue
        if any(r.state != outcome.state for r in receipts):
            yield Violation("wrong_state", message.tag, f"told {[r.state for r in receipts]}, the outcome is {outcome.state}")
        if not receipts:
            yield Violation("receipt_missing", message.tag, f"outcome {outcome.state}, and no receipt reached {message.client}")
        elif not outcome.told:
            yield Violation("told_unknown", message.tag, "its receipt arrived, and told_at is empty")
        if len(receipts) > 1:
            if message.message_id in case.flagged_receipts or (outcome.told_tries or 1) > 1:
                case.counts["receipts told twice, flagged"] += 1
            else:
                yield Violation("receipt_twice", message.tag, f"{len(receipts)} final receipts, none flagged")


def receipts_end(case):
    for row in case.books.receipts:
        yield Violation("receipt_waits", case.tag(row.message_id), "still waits in traffic.receipt, its client is bound")


def receipts_to_their_client(case):
    for tag, receipts in case.seen.receipts.items():
        submit = case.submit(tag)
        for receipt in receipts:
            if submit is None:
                yield Violation("receipt_of_nothing", tag, f"{receipt.client} got a receipt for no message of this run")
            elif receipt.client != submit.client:
                yield Violation("receipt_to_other", tag, f"sent by {submit.client}, receipt to {receipt.client}")
            elif receipt.message_id not in case.ids_of(submit):
                yield Violation("receipt_id", tag, f"receipt of id {receipt.message_id}, the message is {submit.message_id}")
            elif not receipt.final:
                yield Violation("receipt_unasked", tag, "an intermediate state that nobody asked for")


def acknowledged_receipts_are_kept(case):
    """The hub told the supplier that it has the receipt: then somebody knows its state, or it is among the strays."""
    for taken in case.taken():
        if not taken.receipt_acknowledged:
            if taken.state:
                yield Violation("receipt_refused", taken.tag, f"{taken.supplier} offers its receipt, the hub never takes it")
            continue
        owners = case.owners.get((taken.supplier, taken.upstream_id), ())
        states = [case.outcomes[i].state for i in owners if i in case.outcomes]
        states += [state for i in owners for state in case.late_states.get(i, ())]
        if taken.state not in states and (taken.supplier, taken.receipt_id) not in case.strays:
            yield Violation("receipt_lost", taken.tag, f"{taken.supplier}'s receipt {taken.receipt_id} left no trace")


# -- what suppliers got

def submits_are_attempts(case):
    for tag, taken in case.seen.taken.items():
        ids = case.ids_of_tag(tag)
        attempts = [a for i in ids for a in case.attempts.get(i, ())]
        if not ids:
            yield Violation("submit_without_record", tag, f"{taken[0].supplier} got it, PostgreSQL knows nothing of it")
            continue
        case.counts["late answers"] += sum(a.late for a in attempts)
        seen = collections.Counter(t.supplier for t in taken)
        written = collections.Counter(a.supplier for a in attempts if a.result != "not_sent")
        for supplier, count in seen.items():
            if count > written[supplier]:
                yield Violation("submit_without_attempt", tag, f"{supplier} got it {count} times, {written[supplier]} attempts")
        yield from _answers_agree(tag, taken, attempts)
        if any(t.mangled for t in taken):
            yield Violation("mangled", tag, "text and destination at the supplier are of two messages")


def _answers_agree(tag, taken, attempts):
    answers = collections.Counter((t.supplier, t.upstream_id) for t in taken if t.status == 0)
    refusals = collections.Counter((t.supplier, t.status) for t in taken if t.status)
    for attempt in attempts:
        if attempt.result == "accepted" and not answers[attempt.supplier, attempt.upstream_id]:
            yield Violation("attempt_of_nothing", tag, f"{attempt.supplier} never answered with id {attempt.upstream_id}")
        if attempt.result == "refused" and not refusals[attempt.supplier, attempt.command_status]:
            yield Violation("attempt_of_nothing", tag, f"{attempt.supplier} never refused with {attempt.command_status:#x}")


def duplicates_are_flagged(case):
    """An attempt after one that the supplier may have taken is flagged, and so is what suppliers took twice."""
    for message_id, attempts in case.attempts.items():
        earlier = False
        for attempt in attempts:
            if earlier and attempt.result != "not_sent" and not attempt.possible_duplicate:
                yield Violation("unflagged", case.tag(message_id),
                                f"attempt {attempt.number} follows one that may have been taken")
            earlier = earlier or attempt.result in MAYBE_TAKEN
    for tag, taken in case.seen.taken.items():
        times = sum(not t.status for t in taken)
        if times < 2:
            continue
        flagged = sum(a.possible_duplicate for i in case.ids_of_tag(tag) for a in case.attempts.get(i, ()))
        if flagged < times - 1:
            yield Violation("unflagged", tag, f"suppliers took it {times} times, {flagged} attempts are flagged")
        else:
            case.counts["taken twice by suppliers, flagged"] += 1


def accepted_was_sent(case):
    for message in case.books.messages:
        if any(not t.status for t in case.seen.taken.get(message.tag, ())):
            continue
        outcome = case.outcomes.get(message.message_id)
        if message.message_id in case.queue or outcome is not None and outcome.cause in checker_ends.HUB_MADE:
            case.counts["ended by the hub"] += 1
        else:
            yield Violation("never_sent", message.tag, f"id {message.message_id}: no supplier has it, nor did the hub end it")


def outcomes_have_a_cause(case):
    for outcome in case.books.outcomes:
        message = case.messages.get(outcome.message_id)
        if message is None:
            yield Violation("outcome_of_nothing", outcome.message_id, "an outcome without its message")
            continue
        case.counts[f"final by {outcome.cause}"] += 1
        if outcome.cause == "receipt":
            told = {t.state for t in case.seen.taken.get(message.tag, ()) if t.receipts_sent}
            if outcome.state not in told:
                yield Violation("outcome_of_nothing", message.tag, f"outcome {outcome.state} by a receipt, none said so")


RULES = (accepted_is_written, one_row_a_message, unaccepted_is_not_written, refused_and_accepted, one_final_state,
         held_for_a_reason, final_receipt_once, receipts_end, receipts_to_their_client, acknowledged_receipts_are_kept,
         submits_are_attempts, duplicates_are_flagged, accepted_was_sent, outcomes_have_a_cause, *checker_ends.RULES,
         *checker_money.RULES)


def check(seen, books):
    """([Violation], Counter of what is worth a line in a report)."""
    case = Case(seen, books)
    violations = [v for rule in RULES for v in rule(case)]
    return violations, case.counts
