"""What PostgreSQL says in the end: every row that the checker looks at, by plain SQL, one query a table."""

import collections
import decimal
import subprocess

import seen

NULL = r"\N"


def _flag(text):
    return text == "t"


def _maybe(convert):
    return lambda text: None if text == NULL else convert(text)


def _tag(number):
    return seen.tag_of_number(number)


_money = decimal.Decimal

# name -> ((column, how to read it), ...), SQL. One row adds one.
TABLES = {
    "messages": ((("message_id", int), ("client", str), ("tag", _tag), ("basis", str), ("amount", _money),
                  ("registered", int), ("supplier", str)), """
        select m.message_id, c.system_id, m.destination_addr, m.basis, m.amount, m.registered_delivery,
               coalesce(s.name, '')
        from traffic.message m join crm.client c using (client_id) left join crm.supplier s using (supplier_id)"""),
    "attempts": ((("message_id", int), ("number", int), ("supplier", str), ("result", str), ("command_status", int),
                  ("upstream_id", str), ("possible_duplicate", _flag), ("late", _flag)), """
        select a.message_id, a.attempt_no, s.name, a.result, a.command_status, a.upstream_id, a.possible_duplicate,
               a.late_at is not null
        from traffic.attempt a join crm.supplier s using (supplier_id) order by a.message_id, a.attempt_no"""),
    "outcomes": ((("message_id", int), ("state", int), ("cause", str), ("told", _flag), ("told_tries", _maybe(int))), """
        select message_id, message_state, cause, told_at is not null, told_tries from traffic.outcome"""),
    "late_outcomes": ((("message_id", int), ("state", int)), """
        select message_id, message_state from traffic.outcome_late"""),
    "queue": ((("message_id", int), ("held", _flag)), """
        select message_id, next_at = 'infinity' from traffic.queue"""),
    "receipts": ((("message_id", int),), "select message_id from traffic.receipt"),
    "receipt_events": ((("message_id", int), ("what", str), ("possible_duplicate", _flag)), """
        select message_id, what, possible_duplicate or tries > 1 from traffic.receipt_event"""),
    "rejects": ((("message_id", int), ("client", str), ("tag", _tag), ("reason", str)), """
        select r.message_id, c.system_id, r.destination_addr, r.reason
        from traffic.reject r join crm.client c using (client_id)"""),
    "finals": ((("message_id", int), ("held", _money), ("amount", _money), ("reason", str)), """
        select message_id, held, amount, reason from traffic.charge_final"""),
    "refunds": ((("message_id", int), ("amount", _money), ("reason", str)), """
        select message_id, amount, reason from traffic.refund"""),
    "strays": ((("supplier", str), ("upstream_id", str)), """
        select s.name, t.upstream_id from traffic.stray_receipt t join crm.supplier s using (supplier_id)"""),
    "accounts": ((("client", str), ("balance", _money), ("credit_limit", _money), ("held", _money), ("leased", _money)), """
        select c.system_id, a.balance, a.credit_limit, a.held, a.leased
        from money.account a join crm.client c using (account_id)"""),
    "ledger": ((("client", str), ("kind", str), ("amount", _money)), """
        select c.system_id, e.kind, sum(e.amount) from money.ledger_entry e join crm.client c using (account_id)
        group by 1, 2"""),
    "open_leases": ((("node", int), ("epoch", int)), """
        select node_id, epoch from money.credit_lease where state = 'open'"""),
    "broken": ((("invariant", str), ("count", int)), "select * from bill.v_broken"),
}

TYPES = {name: collections.namedtuple(name.rstrip("s").title().replace("_", ""), [c for c, _ in columns])
         for name, (columns, _) in TABLES.items()}


class Books:
    """One list of named tuples a table; empty lists when made without rows."""

    def __init__(self, **rows):
        unknown = rows.keys() - TABLES.keys()
        if unknown:
            raise TypeError(f"no table {unknown}")
        for name in TABLES:
            setattr(self, name, rows.get(name, []))


def _read(conninfo, name):
    columns, sql = TABLES[name]
    converters = [convert for _, convert in columns]
    make = TYPES[name]._make
    command = ["psql", conninfo, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", f"copy ({sql}) to stdout"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{name}: {done.stderr}")
    return [make(convert(field) for convert, field in zip(converters, line.split("\t")))
            for line in done.stdout.splitlines()]


def read(postgres):
    """Everything, as it stands now. Ask when the hub has ended: then nothing moves between two tables."""
    return Books(**{name: _read(postgres.conninfo(), name) for name in TABLES})
