"""The checker finds what is wrong, each wrong alone: a run in which all is well, and one breakage a case. Needs no hub."""

import decimal
import re
import sys
import unittest

sys.dont_write_bytecode = True

import paths  # noqa: E402, F401
import books  # noqa: E402
import checker  # noqa: E402
import seen as journal  # noqa: E402
import world  # noqa: E402

PAID = world.NETWORKS[0].prefix
PRICE = world.price(PAID)
ZERO = decimal.Decimal(0)
ROW = books.TYPES
DELIVERED, EXPIRED, UNDELIVERABLE, UNKNOWN, REJECTED = 2, 3, 5, 7, 8


class Run:
    """A run in which all is well: message 0 of ann (submit), 1 of bob (upstream_ack), 2 of cid (delivered), each delivered by
    alpha, and 3 of dan, whom alpha refused."""

    def __init__(self):
        self.seen = journal.Seen()
        self.books = books.Books()
        for tag, client in enumerate(("ann", "bob", "cid")):
            self.accept(tag, client)
        self.refuse(3, "dan")
        self.close_books()

    def accept(self, tag, client, state=DELIVERED):
        message_id, basis = 1000 + tag, world.client(client).basis
        self.seen.submits.append(journal.Submit(tag, client, PAID, True, 0, message_id))
        self.take(tag, state=state)
        self.seen.add_receipt(tag, journal.Receipt(client, message_id, state, True))
        self.books.messages.append(ROW["messages"](message_id, client, tag, basis, PRICE, 1, "alpha"))
        self.books.attempts.append(ROW["attempts"](message_id, 1, "alpha", "accepted", 0, f"u{tag}", False, False))
        self.books.outcomes.append(ROW["outcomes"](message_id, state, "receipt", True, 1))
        if basis != "submit":
            self.books.finals.append(ROW["finals"](message_id, PRICE, PRICE, "delivered"))

    def refuse(self, tag, client):
        self.seen.submits.append(journal.Submit(tag, client, PAID, True, 0x45))
        self.seen.add_taken(journal.Taken(tag, "alpha", status=0x45, registered=1))
        self.books.rejects.append(ROW["rejects"](1000 + tag, client, tag, "supplier"))
        self.books.attempts.append(ROW["attempts"](1000 + tag, 1, "alpha", "refused", 0x45, "", False, False))

    def take(self, tag, supplier="alpha", upstream_id=None, state=DELIVERED):
        upstream_id = upstream_id or f"u{tag}"
        self.seen.add_taken(journal.Taken(tag, supplier, b"", upstream_id, upstream_id, 0, False, state, int(state > 0),
                                          state > 0, int(state > 0)))

    def close_books(self):
        for client in ("ann", "bob", "cid", "dan"):
            spent = ZERO if client == "dan" else PRICE
            self.books.accounts.append(ROW["accounts"](client, 10 - spent, ZERO, ZERO, ZERO))
            self.books.ledger.append(ROW["ledger"](client, "topup", decimal.Decimal(10)))
            if spent:
                self.books.ledger.append(ROW["ledger"](client, "usage", -spent))

    # -- breaking it

    def change(self, table, index, **fields):
        rows = getattr(self.books, table)
        rows[index] = rows[index]._replace(**fields)

    def drop(self, table, index=0):
        del getattr(self.books, table)[index]

    def add(self, table, *values):
        getattr(self.books, table).append(ROW[table](*values))

    def rules(self):
        violations, _ = checker.check(self.seen, self.books)
        return {v.rule for v in violations}


def again(run, tag, flagged):
    """Sent to beta as well, after alpha's answer was lost."""
    run.change("attempts", tag, result="link_lost", upstream_id="")
    run.take(tag, "beta", "b7")
    run.add("attempts", 1000 + tag, 2, "beta", "accepted", 0, "b7", flagged, False)
    run.add("strays", "alpha", f"u{tag}")


def lost_answer(run, written):
    """Message 4 of ann: its answer never came, for the connection was cut."""
    run.seen.submits.append(journal.Submit(4, "ann", PAID, False, None, 0, True))
    if written:
        run.add("messages", 1004, "ann", 4, "submit", PRICE, 0, "alpha")
        run.add("attempts", 1004, 1, "alpha", "accepted", 0, "u4", False, False)
        run.take(4, state=0)
        run.change("ledger", 1, amount=-2 * PRICE)
        run.change("accounts", 0, balance=10 - 2 * PRICE)


def held(run):
    """Message 0 stands in the queue, for nobody knows whether alpha took it."""
    run.change("attempts", 0, result="unknown", upstream_id="")
    run.drop("outcomes")
    run.seen.receipts.clear()
    for tag, client in ((1, "bob"), (2, "cid")):
        run.seen.add_receipt(tag, journal.Receipt(client, 1000 + tag, DELIVERED, True))
    run.add("queue", 1000, True)
    run.add("strays", "alpha", "u0")


def refund(run, cause):
    run.add("refunds", 1000, PRICE, cause)
    run.add("ledger", "ann", "refund", PRICE)
    run.change("accounts", 0, balance=decimal.Decimal(10))


def hub_fault(run, refunded):
    """Message 0 was sent to nobody: the hub gave up and gave the money back."""
    run.seen.taken.pop(0)
    run.drop("attempts")
    end(run, "hub_fault", EXPIRED)
    if refunded:
        refund(run, "hub_fault")


def end(run, cause, state):
    """Message 0 was ended by the hub, which told its client so."""
    run.change("outcomes", 0, cause=cause, state=state)
    run.seen.receipts[0][0].state = state


def rejected(run, status=0x0B, said=0x0B):
    """Message 0 was refused by alpha: with `status` by the books, with `said` by alpha."""
    run.seen.taken[0][:] = [journal.Taken(0, "alpha", status=said, registered=1)]
    run.change("attempts", 0, result="refused", command_status=status, upstream_id="")
    end(run, "upstream_reject", REJECTED)
    refund(run, "upstream_reject")


def unknown(run, supplier="gamma", result="timeout"):
    """Message 0 went to gamma (on_unknown = fail), which swallowed it."""
    run.seen.taken[0][:] = [journal.Taken(0, supplier, registered=1)]
    run.change("attempts", 0, supplier=supplier, result=result, upstream_id="")
    end(run, "unknown", UNKNOWN)


def late(run, status=0):
    """Message 0 was given up unanswered, and gamma answered after all."""
    if status:
        run.seen.taken[0][:] = [journal.Taken(0, "gamma", status=status, registered=1)]
    run.seen.taken[0][0].supplier = "gamma"
    run.change("attempts", 0, supplier="gamma", result="refused" if status else "accepted", command_status=status,
               upstream_id="" if status else "u0", late=True)


def late_and_refused(run, is_late=True):
    """dan was told that nobody knows; alpha took it."""
    run.seen.taken[3].clear()
    run.take(3)
    run.add("strays", "alpha", "u3")
    run.change("rejects", 0, reason="supplier_timeout")
    run.change("attempts", 3, result="accepted", command_status=0, upstream_id="u3", late=is_late)


def late_and_released(run, is_late=True):
    """bob pays when a supplier took it; nobody knew that when dlr_timeout was over."""
    run.change("attempts", 1, supplier="gamma", late=is_late)
    run.seen.taken[1][0].supplier = "gamma"
    run.change("outcomes", 1, cause="unknown", state=UNKNOWN)
    run.seen.receipts[1][0].state = UNKNOWN
    run.add("strays", "gamma", "u1")
    run.change("finals", 0, amount=ZERO)
    run.drop("ledger", 3)
    run.change("accounts", 1, balance=decimal.Decimal(10))


def many(run, count, cause, answer=None):
    """So many messages more of ann, free of charge, that the hub ended: alpha refused them, or gamma gave `answer`."""
    free = next(n.prefix for n in world.NETWORKS if n.price == "0")
    refused = cause == "upstream_reject"
    state, supplier, result, status = (REJECTED, "alpha", "refused", 0x0B) if refused else (UNKNOWN, "gamma", "timeout", 0)
    for tag in range(4, 4 + count):
        message_id = 1000 + tag
        run.seen.submits.append(journal.Submit(tag, "ann", free, True, 0, message_id))
        run.seen.add_taken(journal.Taken(tag, supplier, status=status if refused else answer, registered=1))
        run.seen.add_receipt(tag, journal.Receipt("ann", message_id, state, True))
        run.add("messages", message_id, "ann", tag, "submit", ZERO, 1, supplier)
        run.add("attempts", message_id, 1, supplier, result, status, "", False, False)
        run.add("outcomes", message_id, state, cause, True, 1)


def sent(run, count):
    """So many rows of messages more, whatever else there is: shares are of all messages."""
    for message_id in range(5000, 5000 + count):
        run.add("messages", message_id, "ann", None, "submit", ZERO, 1, "alpha")


def set_field(thing, **fields):
    for name, value in fields.items():
        setattr(thing, name, value)


# What is fine, though it looks odd.
GOOD = {
    "all is well": lambda r: None,
    "a duplicate that is flagged": lambda r: again(r, 0, True),
    "an answer lost with its connection, nothing written": lambda r: lost_answer(r, False),
    "an answer lost with its connection, the message written": lambda r: lost_answer(r, True),
    "a message held, for its outcome is unknown": held,
    "a message refused for good": rejected,
    "a message whose end is unknown": unknown,
    "an end that is unknown, and a late answer": lambda r: (late(r), end(r, "unknown", UNKNOWN), r.add("strays", "gamma", "u0")),
    "an end that is unknown, and a late refusal": lambda r: (late(r, 8), end(r, "unknown", UNKNOWN)),
    "taken, as a late answer says": late,
    "refused for good, as a late answer says": lambda r: (late(r, 0x0B), end(r, "upstream_reject", REJECTED),
                                                          refund(r, "upstream_reject")),
    "refused for want of an answer that came late": late_and_refused,
    "released for want of an answer that came late": late_and_released,
    "many messages refused for good": lambda r: many(r, 50, "upstream_reject"),
    "a second receipt, counted": lambda r: (r.seen.receipts[0].append(r.seen.receipts[0][0]),
                                            r.change("outcomes", 0, told_tries=2)),
    "a second receipt, flagged": lambda r: (r.seen.receipts[0].append(r.seen.receipts[0][0]),
                                            r.add("receipt_events", 1000, "delivered", True)),
    "a fail-over after a refusal": lambda r: (
        r.seen.taken[0].insert(0, journal.Taken(0, "beta", status=8, registered=1)),
        r.books.attempts.insert(0, ROW["attempts"](1000, 0, "beta", "refused", 8, "", False, False))),
    "an undelivered message of who pays for deliveries": lambda r: (
        r.change("outcomes", 2, state=UNDELIVERABLE), set_field(r.seen.receipts[2][0], state=UNDELIVERABLE),
        set_field(r.seen.taken[2][0], state=UNDELIVERABLE), r.change("finals", 1, amount=ZERO),
        r.drop("ledger", 5), r.change("accounts", 2, balance=decimal.Decimal(10))),
}

# rule -> breakages that it must find.
BAD = {
    "lost": [lambda r: r.drop("messages"), lambda r: r.change("messages", 0, message_id=7)],
    "wrong_client": [lambda r: r.change("messages", 0, client="cid")],
    "two_rows": [lambda r: r.add("messages", 2000, "ann", 0, "submit", PRICE, 0, "alpha")],
    "row_of_nothing": [lambda r: r.add("messages", 2000, "ann", 99, "submit", PRICE, 0, "alpha")],
    "unanswered": [lambda r: r.seen.submits.append(journal.Submit(4, "ann", PAID, True))],
    "refused_and_written": [lambda r: r.add("messages", 1003, "dan", 3, "submit", PRICE, 0, "alpha")],
    "refused_and_accepted": [
        lambda r: r.add("rejects", 1000, "ann", 0, "supplier"),
        lambda r: (r.take(3), r.add("attempts", 1003, 2, "alpha", "accepted", 0, "u3", False, False)),
        lambda r: late_and_refused(r, False)],
    "still_queued": [lambda r: r.add("queue", 1000, False)],
    "no_final_state": [lambda r: r.drop("outcomes"),
                       lambda r: (r.drop("outcomes"), set_field(r.seen.submits[0], registered=False),
                                  r.change("attempts", 0, result="refused")),
                       lambda r: (r.drop("outcomes"), r.change("messages", 0, registered=0))],
    "held_for_nothing": [lambda r: r.add("queue", 1000, True)],
    "receipt_of_nothing": [lambda r: set_field(r.seen.submits[0], registered=False),
                           lambda r: r.seen.add_receipt(None, journal.Receipt("ann", 1000, 2, True))],
    "wrong_state": [lambda r: set_field(r.seen.receipts[0][0], state=UNDELIVERABLE)],
    "receipt_missing": [lambda r: r.seen.receipts.pop(0),
                        lambda r: (r.seen.receipts.pop(0), r.change("messages", 0, registered=0))],
    "registered": [lambda r: r.change("messages", 0, registered=0),
                   lambda r: set_field(r.seen.taken[0][0], registered=0),
                   lambda r: set_field(r.seen.taken[3][0], registered=0)],
    "told_unknown": [lambda r: r.change("outcomes", 0, told=False)],
    "receipt_twice": [lambda r: r.seen.receipts[0].append(r.seen.receipts[0][0])],
    "receipt_waits": [lambda r: r.add("receipts", 1000)],
    "receipt_to_other": [lambda r: set_field(r.seen.receipts[0][0], client="cid")],
    "receipt_id": [lambda r: set_field(r.seen.receipts[0][0], message_id=1001)],
    "receipt_unasked": [lambda r: r.seen.add_receipt(0, journal.Receipt("ann", 1000, 1, False))],
    "receipt_refused": [lambda r: set_field(r.seen.taken[0][0], receipt_acknowledged=False)],
    "receipt_lost": [lambda r: r.change("attempts", 0, upstream_id="other"),
                     lambda r: (r.take(3), r.add("attempts", 1003, 2, "alpha", "accepted", 0, "u3", False, False)),
                     lambda r: set_field(r.seen.taken[0][0], state=UNDELIVERABLE)],
    "submit_without_record": [lambda r: r.take(5)],
    "submit_without_attempt": [lambda r: r.drop("attempts"), lambda r: r.take(0, "beta", "b7")],
    "mangled": [lambda r: set_field(r.seen.taken[0][0], mangled=True)],
    "attempt_of_nothing": [lambda r: r.change("attempts", 0, upstream_id="other"),
                           lambda r: r.change("attempts", 3, command_status=8)],
    "unflagged": [lambda r: again(r, 0, False),
                  lambda r: r.add("attempts", 1000, 2, "beta", "refused", 8, "", False, False)],
    "never_sent": [lambda r: r.seen.taken.pop(0)],
    "ended_by_hub": [
        lambda r: hub_fault(r, True), lambda r: end(r, "hub_fault", EXPIRED), lambda r: end(r, "no_receipt", UNKNOWN),
        lambda r: end(r, "upstream_reject", REJECTED), lambda r: end(r, "unknown", UNKNOWN),
        lambda r: (rejected(r), end(r, "upstream_reject", UNDELIVERABLE)), lambda r: (rejected(r), r.drop("attempts")),
        lambda r: rejected(r, status=8, said=8), lambda r: rejected(r, said=8),
        lambda r: (unknown(r), r.drop("attempts")), lambda r: unknown(r, supplier="beta"),
        lambda r: unknown(r, result="not_sent"),
        lambda r: (rejected(r), r.books.attempts.insert(0, ROW["attempts"](1000, 0, "beta", "accepted", 0, "b0", False, False))),
        lambda r: many(r, 150, "upstream_reject"), lambda r: many(r, 150, "unknown"),
        lambda r: (sent(r, 1000), many(r, 200, "unknown", answer=0))],
    "strange_answer": [lambda r: r.seen.strange.append("a client: a second answer")],
    "unreadable": [lambda r: r.seen.errors.append("ValueError('command_length 3')")],
    "outcome_of_nothing": [lambda r: r.drop("messages"), lambda r: r.change("outcomes", 0, state=UNDELIVERABLE)],
    "price": [lambda r: r.change("messages", 0, amount=PRICE + decimal.Decimal("0.000000001")),
              lambda r: r.change("messages", 0, basis="delivered")],
    "ledger": [lambda r: r.change("ledger", 1, amount=-PRICE - decimal.Decimal("0.000000001")),
               lambda r: r.change("accounts", 0, balance=decimal.Decimal(10)),
               lambda r: r.add("ledger", "ann", "refund", PRICE),
               lambda r: r.add("refunds", 1000, PRICE, "hub_fault")],
    "charge_of_nothing": [lambda r: r.add("finals", 77, PRICE, PRICE, "delivered")],
    "held": [lambda r: r.change("accounts", 1, held=PRICE), lambda r: r.drop("finals")],
    "hold": [lambda r: r.drop("finals"), lambda r: r.change("finals", 0, amount=ZERO),
             lambda r: r.change("finals", 1, amount=ZERO), lambda r: r.change("finals", 1, held=2 * PRICE),
             lambda r: r.change("finals", 1, amount=PRICE / 2),
             lambda r: (r.change("outcomes", 2, cause="upstream_reject"), r.change("attempts", 2, result="refused"))],
    "refund": [lambda r: hub_fault(r, False), lambda r: r.add("refunds", 1000, PRICE, "undelivered"),
               lambda r: r.add("refunds", 1001, PRICE, "hub_fault"),
               lambda r: (hub_fault(r, True), r.add("refunds", 1000, PRICE, "hub_fault"))],
    "limit": [lambda r: r.change("accounts", 0, leased=decimal.Decimal(10)),
              *(lambda r, row=row: r.change("ledger", row, amount=PRICE / 2) for row in (0, 2, 4))],
    "lease_open": [lambda r: r.change("accounts", 0, leased=PRICE), lambda r: r.add("open_leases", 1, 7)],
    "invariant": [lambda r: r.add("broken", "i2", 1)],
}


class CheckerTest(unittest.TestCase):
    def test_a_run_in_which_all_is_well_has_no_violation(self):
        for name, change in GOOD.items():
            with self.subTest(name):
                run = Run()
                change(run)
                violations, _ = checker.check(run.seen, run.books)
                self.assertEqual([], [str(v) for v in violations])

    def test_every_breakage_is_found(self):
        for rule, breakages in BAD.items():
            for index, breakage in enumerate(breakages):
                with self.subTest(rule, breakage=index):
                    run = Run()
                    breakage(run)
                    self.assertIn(rule, run.rules())

    def test_every_rule_of_the_checker_is_broken_here(self):
        source = "".join(file.read_text() for file in (paths.ROOT / "tests/fault").glob("checker*.py"))
        named = set(re.findall(r'Violation\("(\w+)"', source))
        self.assertEqual(named, set(BAD))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
