"""The rules about money: decimals only, from the rows of messages to the balance, and from the wire to the limit."""

import collections
import decimal

import world
from case import Violation

ZERO = decimal.Decimal(0)
ARRIVED = (2, 6)  # DELIVERED, ACCEPTED
NOT_TAKEN = ("hub_fault", "upstream_reject")


def _sums(rows, key, value):
    sums = collections.defaultdict(decimal.Decimal)
    for row in rows:
        sums[key(row)] += value(row)
    return sums


def prices_are_the_decks(case):
    for message in case.books.messages:
        submit = case.submit(message.tag)
        if submit is not None and message.amount != world.price(submit.prefix):
            yield Violation("price", message.tag, f"charged {message.amount}, the deck says {world.price(submit.prefix)}")
        if message.basis != world.client(message.client).basis:
            yield Violation("price", message.tag, f"{message.client} is charged by {message.basis}")


def ledger_is_charges_minus_refunds(case):
    """Per client: usage is what its messages cost, refunds are the rows of refunds, and the balance is the sum of all."""
    owner = {i: m.client for i, m in case.messages.items()}
    charged = _sums((m for m in case.books.messages if m.basis == "submit"), lambda m: m.client, lambda m: m.amount)
    for client, amount in _sums(case.books.finals, lambda f: owner.get(f.message_id), lambda f: f.amount).items():
        charged[client] += amount
    refunded = _sums(case.books.refunds, lambda r: owner.get(r.message_id), lambda r: r.amount)
    booked = {(e.client, e.kind): e.amount for e in case.books.ledger}
    for account in case.books.accounts:
        client = account.client
        usage, refund = booked.get((client, "usage"), ZERO), booked.get((client, "refund"), ZERO)
        if -usage != charged[client]:
            yield Violation("ledger", client, f"charged {charged[client]}, the ledger's usage is {-usage}")
        if refund != refunded[client]:
            yield Violation("ledger", client, f"refunded {refunded[client]}, the ledger's refunds are {refund}")
        total = sum((amount for (who, _), amount in booked.items() if who == client), ZERO)
        if total != account.balance:
            yield Violation("ledger", client, f"balance {account.balance}, the sum of its ledger is {total}")
    if None in charged or None in refunded:
        yield Violation("charge_of_nothing", "traffic", "a charge or refund without its message")


def held_is_what_waits(case):
    done = {f.message_id for f in case.books.finals}
    waits = _sums((m for m in case.books.messages if m.basis != "submit" and m.message_id not in done),
                  lambda m: m.client, lambda m: m.amount)
    for account in case.books.accounts:
        if account.held != waits[account.client]:
            yield Violation("held", account.client, f"held {account.held}, its open messages are {waits[account.client]}")


def _judge_hold(message, final, outcome, attempts):
    """What is wrong with a resolved hold; None if nothing is."""
    if final.held != message.amount:
        return f"held {final.held} for an amount of {message.amount}"
    if final.amount not in (ZERO, message.amount):
        return f"charged {final.amount} of {message.amount}"
    paid = final.amount == message.amount
    # Taken, as a late answer says: its end may have decided before.
    if message.basis == "upstream_ack" and any(a.result == "accepted" and not a.late for a in attempts) and not paid:
        return "a supplier took it, and it was released"
    if outcome is None:
        return None
    if message.basis == "delivered" and outcome.cause == "receipt" and paid != (outcome.state in ARRIVED):
        return f"final state {outcome.state}, charged {final.amount}"
    if outcome.cause in NOT_TAKEN and paid and not any(a.result == "accepted" for a in attempts):
        return f"ended by {outcome.cause}, and it was charged"
    return None


def holds_end_rightly(case):
    finals = {f.message_id: f for f in case.books.finals}
    for message in case.books.messages:
        if message.basis == "submit" or not message.amount:
            continue
        final, outcome = finals.get(message.message_id), case.outcomes.get(message.message_id)
        attempts = case.attempts.get(message.message_id, ())
        if final is not None:
            if wrong := _judge_hold(message, final, outcome, attempts):
                yield Violation("hold", message.tag, wrong)
        elif outcome is not None:
            yield Violation("hold", message.tag, f"final state {outcome.state}, and its money is still held")
        elif message.basis == "upstream_ack" and any(a.result == "accepted" for a in attempts):
            yield Violation("hold", message.tag, "a supplier took it, and its money is still held")


def refunds_are_due(case):
    refunds = {r.message_id: r for r in case.books.refunds}
    if len(refunds) != len(case.books.refunds):
        yield Violation("refund", "traffic.refund", "a message was refunded twice")
    for message in case.books.messages:
        refund, outcome = refunds.get(message.message_id), case.outcomes.get(message.message_id)
        if message.basis != "submit" or not message.amount:
            if refund is not None:
                yield Violation("refund", message.tag, "refunded, though nothing was charged when it was accepted")
            continue
        due = outcome is not None and (outcome.cause == "hub_fault" or outcome.cause == "upstream_reject" and
                                       world.client(message.client).refund_on_upstream_reject)
        if due and (refund is None or refund.amount != message.amount):
            yield Violation("refund", message.tag, f"ended by {outcome.cause}, and {message.amount} was not given back")
        if refund is not None and (outcome is None or outcome.cause == "receipt"):
            yield Violation("refund", message.tag, f"given back {refund.amount} for a message that a supplier took")


def nobody_is_past_the_limit(case):
    """By the account's row, and by what the client saw: it never got more messages than its money buys. What was given back or
    released buys others; the rules above say when that is right."""
    sold = _sums((s for s in case.seen.submits if s.status == 0), lambda s: s.client, lambda s: world.price(s.prefix))
    answered = {s.message_id: s.client for s in case.seen.submits if s.status == 0}
    back = _sums((f for f in case.books.finals if f.message_id in answered), lambda f: answered[f.message_id],
                 lambda f: f.held - f.amount)
    for client, amount in _sums((r for r in case.books.refunds if r.message_id in answered),
                                lambda r: answered[r.message_id], lambda r: r.amount).items():
        back[client] += amount
    money_in = {e.client: e.amount for e in case.books.ledger if e.kind == "topup"}
    for reject in case.books.rejects:  # else the limit was never reached, and this proves nothing
        if reject.reason == "no_credit":  # one a client and second, however many were refused
            case.counts[f"seconds without credit: {reject.client}"] += 1
    for account in case.books.accounts:
        if account.balance + account.credit_limit - account.held - account.leased < 0:
            yield Violation("limit", account.client, f"balance {account.balance}, held {account.held}, leased {account.leased}")
        bought = sold[account.client] - back[account.client]
        if bought > money_in.get(account.client, ZERO) + account.credit_limit:
            yield Violation("limit", account.client, f"got messages for {bought}, paid {money_in.get(account.client, ZERO)}")


def leases_are_closed(case):
    for account in case.books.accounts:
        if account.leased:
            yield Violation("lease_open", account.client, f"leased {account.leased} after a clean end")
    for lease in case.books.open_leases:
        yield Violation("lease_open", f"epoch {lease.epoch}", "a lease is open after a clean end")


def invariants_hold(case):
    for row in case.books.broken:
        yield Violation("invariant", row.invariant, f"{row.count} rows in bill.v_broken_{row.invariant}")


RULES = (prices_are_the_decks, ledger_is_charges_minus_refunds, held_is_what_waits, holds_end_rightly, refunds_are_due,
         nobody_is_past_the_limit, leases_are_closed, invariants_hold)
